import { answer, refuse, type Answer } from './answer.ts'

/** The raw form of a tensor: little-endian float32 without padding. */
export function readRaw(name: string, bytes: Buffer, count: number): Answer<Float32Array> {
  if (bytes.length !== count * 4) {
    return refuse('invalid_argument', `input ${name}: expected ${count * 4} bytes of data, found ${bytes.length}`)
  }
  // A copy, because the bytes of a message begin anywhere and a Float32Array needs a multiple of 4.
  return answer(new Float32Array(new Uint8Array(bytes).buffer))
}

/** The typed form: a list of numbers. */
export function readNumbers(name: string, numbers: readonly number[], count: number): Answer<Float32Array> {
  return numbers.length === count
    ? answer(Float32Array.from(numbers))
    : refuse('invalid_argument', `input ${name}: expected ${count} values, found ${numbers.length}`)
}

/** The JSON form: numbers, flat or nested as the shape is; null is NaN, which JSON cannot say. */
export function readJson(name: string, data: unknown, count: number): Answer<Float32Array> {
  const flat: unknown = Array.isArray(data) ? data.flat() : data
  if (!Array.isArray(flat)) return refuse('invalid_argument', `input ${name}: expected a list as data`)
  const wrong = flat.findIndex((value) => typeof value !== 'number' && value !== null)
  if (wrong !== -1) {
    const found = JSON.stringify(flat[wrong]).slice(0, 80)
    return refuse('invalid_argument', `input ${name}: expected numbers as data, found ${found} at ${wrong}`)
  }
  return readNumbers(
    name,
    flat.map((value: number | null) => value ?? NaN),
    count
  )
}

/** The raw form of scores. */
export function rawOf(scores: Float32Array): Buffer {
  return Buffer.from(scores.buffer, scores.byteOffset, scores.byteLength)
}
