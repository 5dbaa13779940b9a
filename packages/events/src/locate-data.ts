import { bomLength } from './parse-json-strict.ts'

/** A half-open range of bytes. */
export interface Extent {
  readonly start: number
  readonly end: number
}

/** A member of the event's own object: where its key (quotes included) and its value are. */
export interface Member {
  readonly key: Extent
  readonly value: Extent
}

/**
 * The byte extent of the value of the top-level `data`, whatever the order of properties; null where there is none.
 * For bytes that `parseJsonStrict` accepts; other bytes give null or a meaningless extent, but never an error.
 */
export function locateData(bytes: Buffer): Extent | null {
  return locateMember(bytes, 'data')?.value ?? null
}

/** `locateData` for any top-level property. */
export function locateMember(bytes: Buffer, name: string): Member | null {
  let at = skipSpace(bytes, bomLength(bytes))
  if (bytes[at] !== 0x7b) return null
  at = skipSpace(bytes, at + 1)
  while (bytes[at] === quote) {
    const key = { start: at, end: skipString(bytes, at) }
    const start = skipSpace(bytes, skipSpace(bytes, key.end) + 1)
    const end = skipValue(bytes, start)
    if (end <= start) return null
    if (isKey(bytes, key, name)) return { key, value: { start, end } }
    at = skipSpace(bytes, skipSpace(bytes, end) + 1)
  }
  return null
}

/** The first byte at or after a place that is no white space. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++
  return at
}

const quote = 0x22
const backslash = 0x5c

/** `name` in ASCII. A key may spell its characters as escapes. */
function isKey(bytes: Buffer, { start, end }: Extent, name: string): boolean {
  const length = end - start - 2
  if (length < name.length) return false
  if (length > name.length) {
    for (let at = start; at < end; at++) if (bytes[at] === backslash) return decode(bytes, start, end) === name
    return false
  }
  for (let i = 0; i < length; i++) if (bytes[start + 1 + i] !== name.charCodeAt(i)) return false
  return true
}

function decode(bytes: Buffer, start: number, end: number): unknown {
  try {
    return JSON.parse(bytes.toString('utf8', start, end))
  } catch {
    return undefined
  }
}

function skipValue(bytes: Uint8Array, at: number): number {
  const first = bytes[at]
  if (first === quote) return skipString(bytes, at)
  if (first !== 0x7b && first !== 0x5b) {
    while (at < bytes.length && !endsLiteral(bytes[at]!)) at++
    return at
  }
  let depth = 0
  while (at < bytes.length) {
    const c = bytes[at]!
    if (c === quote) {
      at = skipString(bytes, at)
      continue
    }
    at++
    if (c === 0x7b || c === 0x5b) depth++
    else if ((c === 0x7d || c === 0x5d) && --depth === 0) break
  }
  return at
}

/** The place behind the closing quote of the string that begins here. */
function skipString(bytes: Uint8Array, at: number): number {
  at++
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1
  return Math.min(at + 1, bytes.length)
}

function endsLiteral(c: number): boolean {
  return c === 0x2c || c === 0x7d || c === 0x5d || c <= 0x20
}
