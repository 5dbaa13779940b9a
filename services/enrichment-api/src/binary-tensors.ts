import { answer, refuse, type Answer } from './answer.ts'

/**
 * The binary tensor extension of the REST protocol
 * (https://github.com/triton-inference-server/server, docs/protocol/extension_binary_data.md):
 * a body is JSON, as long as the header says, then the raw data of those tensors that give a `binary_data_size`.
 */
export const jsonLengthHeader = 'inference-header-content-length'

/** Splits a body into its JSON text and what follows. */
export function splitBody(body: Buffer, jsonLength: string | undefined): Answer<{ json: Buffer; binary: Buffer }> {
  if (jsonLength === undefined) return answer({ json: body, binary: Buffer.alloc(0) })
  const length = /^\d{1,9}$/.test(jsonLength) ? Number(jsonLength) : NaN
  return length <= body.length
    ? answer({ json: body.subarray(0, length), binary: body.subarray(length) })
    : refuse(
        'invalid_argument',
        `${jsonLengthHeader}: expected at most ${body.length}, found ${jsonLength.slice(0, 32)}`
      )
}

/** Cuts the binary part into the pieces of the tensors, in order; null for those whose data is in the JSON. */
export function cutBinary(binary: Buffer, sizes: readonly (number | null)[]): Answer<(Buffer | null)[]> {
  const total = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
  if (total !== binary.length) {
    return refuse('invalid_argument', `expected ${total} bytes after the JSON, found ${binary.length}`)
  }
  let at = 0
  return answer(sizes.map((size) => (size === null ? null : binary.subarray(at, (at += size)))))
}
