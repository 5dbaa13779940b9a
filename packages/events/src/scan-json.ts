import { checkNumber, type NumberProblem } from './check-number.ts'
import { pointerTo } from './json-pointer.ts'

/** Why a text that is JSON is refused nevertheless. */
export type ScanCode = 'invalid_utf8' | 'nul_character' | 'duplicate_key' | 'forbidden_key' | 'too_deep' | NumberProblem

interface Finding {
  readonly code: ScanCode
  readonly pointer: string
}

export interface Scan {
  /** The first thing that must be refused, or null. */
  readonly finding: Finding | null
  /** How many members all objects of the text have together, doubled ones included. */
  readonly members: number
}

const quote = 0x22
const backslash = 0x5c

/** A literal of at most this many characters and without an exponent has at most 15 digits: a double keeps them all. */
const alwaysExact = 15

/** Keys that reach a prototype when somebody copies the object. */
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Reads through a text that is known to be JSON in valid UTF-8, in one pass and without building a string, and finds
 * what `JSON.parse` would accept and alter. With `withKeys` (slower), also the first key that an object has twice.
 */
export function scanJson(bytes: Uint8Array, start: number, maxDepth: number, withKeys = false): Scan {
  const stack: Stack = { isArray: [false], index: [0], keyStart: [0], keyEnd: [0] }
  const { isArray, index, keyStart, keyEnd } = stack
  const seen: Set<string>[] | null = withKeys ? [new Set()] : null
  const end = bytes.length
  let depth = 0
  let members = 0
  let expectsKey = false
  let code: ScanCode | null = null
  let at = start

  while (at < end) {
    const c = bytes[at]!
    if (c === quote) {
      const from = at + 1
      at = endOfString(bytes, from)
      const isEscaped = at < 0
      if (isEscaped) at = -at
      if (expectsKey) {
        expectsKey = false
        members++
        keyStart[depth] = from
        keyEnd[depth] = at
        if (isEscaped || seen || mayBeForbidden(bytes, from, at))
          code = checkKey(decodeKey(bytes, from, at), seen?.[depth])
      }
      if (isEscaped) code ??= checkEscapes(bytes, from, at)
      if (code) break
      at++
    } else if (c === 0x2d || (c >= 0x30 && c <= 0x39)) {
      const from = at
      let hasExponent = false
      for (let n = bytes[++at]!; isNumberByte(n); n = bytes[++at]!) if ((n | 0x20) === 0x65) hasExponent = true
      if (hasExponent || at - from > alwaysExact) code = checkNumber(slice(bytes, from, at))
      if (code) break
    } else {
      at++
      if (c === 0x2c) {
        if (isArray[depth]) index[depth]!++
        else expectsKey = true
      } else if (c === 0x7b || c === 0x5b) {
        if (depth === maxDepth) {
          code = 'too_deep'
          break
        }
        depth++
        isArray[depth] = c === 0x5b
        index[depth] = keyStart[depth] = keyEnd[depth] = 0
        expectsKey = c === 0x7b
        if (seen) seen[depth] = new Set()
      } else if (c === 0x7d || c === 0x5d) {
        depth--
        expectsKey = false
      }
    }
  }
  return { finding: code && { code, pointer: pointerOf(bytes, stack, depth) }, members }
}

/** The place of the closing quote of the string whose text begins here, negative where the text has an escape. */
function endOfString(bytes: Uint8Array, at: number): number {
  let isEscaped = false
  for (let c = bytes[at]!; c !== quote; c = bytes[++at]!) {
    if (c !== backslash) continue
    isEscaped = true
    at++
  }
  return isEscaped ? -at : at
}

/** Only by the length and the first byte: most keys need not be decoded. */
function mayBeForbidden(bytes: Uint8Array, from: number, to: number): boolean {
  const first = bytes[from]
  return to - from === 11 ? first === 0x63 : to - from === 9 && (first === 0x5f || first === 0x70)
}

function checkKey(key: string, seen: Set<string> | undefined): 'forbidden_key' | 'duplicate_key' | null {
  if (forbiddenKeys.has(key)) return 'forbidden_key'
  if (seen?.has(key)) return 'duplicate_key'
  seen?.add(key)
  return null
}

/** Where the scanner is: for each open container its kind, and the index or the byte extent of the key in hand. */
interface Stack {
  readonly isArray: boolean[]
  readonly index: number[]
  readonly keyStart: number[]
  readonly keyEnd: number[]
}

function pointerOf(bytes: Uint8Array, { isArray, index, keyStart, keyEnd }: Stack, depth: number): string {
  let pointer = ''
  for (let level = 1; level <= depth; level++) {
    pointer = pointerTo(pointer, isArray[level] ? index[level]! : decodeKey(bytes, keyStart[level]!, keyEnd[level]!))
  }
  return pointer
}

function decodeKey(bytes: Uint8Array, from: number, to: number): string {
  const text = slice(bytes, from, to)
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text
}

function slice(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8')
}

function isNumberByte(n: number): boolean {
  return (n >= 0x30 && n <= 0x39) || n === 0x2e || n === 0x2d || n === 0x2b || (n | 0x20) === 0x65
}

/** Raw bytes are known to be valid UTF-8, so only `\uXXXX` can spell a lone surrogate or a NUL. */
function checkEscapes(bytes: Uint8Array, from: number, to: number): 'invalid_utf8' | 'nul_character' | null {
  let at = from
  while (at < to) {
    if (bytes[at] !== backslash) {
      at++
    } else if (bytes[at + 1] !== 0x75) {
      at += 2
    } else {
      const unit = hex4(bytes, at + 2)
      at += 6
      if (unit === 0) return 'nul_character'
      if (unit < 0xd800 || unit > 0xdfff) continue
      const isPair = unit < 0xdc00 && at < to && bytes[at] === backslash && bytes[at + 1] === 0x75
      const low = isPair ? hex4(bytes, at + 2) : 0
      if (low < 0xdc00 || low > 0xdfff) return 'invalid_utf8'
      at += 6
    }
  }
  return null
}

function hex4(bytes: Uint8Array, at: number): number {
  let unit = 0
  for (let i = 0; i < 4; i++) {
    const c = bytes[at + i]!
    unit = unit * 16 + (c <= 0x39 ? c - 0x30 : (c | 0x20) - 0x57)
  }
  return unit
}
