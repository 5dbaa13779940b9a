import { isUtf8 } from 'node:buffer'

/** These bytes are not the message that they should be. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError'
}

/** One field as it lies on the wire. */
export type Field =
  | { readonly number: number; readonly kind: 'varint'; readonly value: bigint }
  | { readonly number: number; readonly kind: 'bytes'; readonly value: Buffer }
  | { readonly number: number; readonly kind: 'fixed'; readonly value: Buffer }

/**
 * The fields of a protobuf message, in order. Unlike protobufjs it accepts nothing that is cut off, has a wire type of
 * its own making or runs past its end, and it hands out strings as the bytes they are: what a client sent must not
 * become something else unseen. Throws MalformedError.
 */
export function readFields(bytes: Buffer): Field[] {
  const fields: Field[] = []
  let at = 0

  function varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new MalformedError('a number is cut off')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new MalformedError('a number has more than 10 bytes')
  }

  /** Tags and lengths, nearly always one or two bytes. */
  function small(): number {
    const first = bytes[at] ?? 0x80
    if (first < 0x80) return (at++, first)
    const value = varint()
    if (value > 0xffffffffn) throw new MalformedError('a tag or length is too large')
    return Number(value)
  }

  function slice(length: number): Buffer {
    const from = at
    at += length
    if (at > bytes.length) throw new MalformedError('a field runs past the end')
    return bytes.subarray(from, at)
  }

  while (at < bytes.length) {
    const tag = small()
    const number = tag >>> 3
    if (number === 0) throw new MalformedError('a field has the number 0')
    const wireType = tag & 7
    if (wireType === 0) fields.push({ number, kind: 'varint', value: varint() })
    else if (wireType === 2) fields.push({ number, kind: 'bytes', value: slice(small()) })
    else if (wireType === 1) fields.push({ number, kind: 'fixed', value: slice(8) })
    else if (wireType === 5) fields.push({ number, kind: 'fixed', value: slice(4) })
    else throw new MalformedError('a field has an unknown wire type')
  }
  return fields
}

export function bytesOf(field: Field): Buffer {
  if (field.kind !== 'bytes') throw new MalformedError(`field ${field.number} has the wrong wire type`)
  return field.value
}

export function varintOf(field: Field): bigint {
  if (field.kind !== 'varint') throw new MalformedError(`field ${field.number} has the wrong wire type`)
  return field.value
}

/** Throws MalformedError where the bytes are not UTF-8: protobuf knows no other strings. */
export function textOf(field: Field): string {
  const bytes = bytesOf(field)
  if (!isUtf8(bytes)) throw new MalformedError(`field ${field.number} is not UTF-8`)
  return bytes.toString()
}
