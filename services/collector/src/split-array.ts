/**
 * The elements of a JSON array as slices of its bytes, at most one more than `limit`; null where it is none. It only
 * looks for strings and brackets, which no other byte of UTF-8 resembles: whether each element is JSON is for who
 * parses it.
 */
export function splitArray(bytes: Buffer, limit: number): readonly Buffer[] | null {
  let at = skipSpace(bytes, bytes[0] === 0xef ? 3 : 0)
  if (bytes[at] !== openArray) return null
  const items: Buffer[] = []
  let depth = 0
  let from = at + 1
  for (; at < bytes.length && items.length <= limit; at++) {
    const c = bytes[at]
    if (c === quote) at = endOfString(bytes, at)
    else if (c === openArray || c === openObject) depth++
    else if (c === comma && depth === 1) {
      items.push(bytes.subarray(from, at))
      from = at + 1
    } else if ((c === closeArray || c === closeObject) && --depth === 0) break
  }
  const isEmpty = items.length === 0 && skipSpace(bytes, from) === at
  return isEmpty || items.length > limit ? items : [...items, bytes.subarray(from, at)]
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const openArray = 0x5b
const closeArray = 0x5d
const openObject = 0x7b
const closeObject = 0x7d

function skipSpace(bytes: Uint8Array, at: number): number {
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++
  return at
}

/** Place of the closing quote of the string that begins here. */
function endOfString(bytes: Uint8Array, at: number): number {
  at++
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1
  return at
}
