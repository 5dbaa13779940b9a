import { isUtf8 } from 'node:buffer'
import { scanJson, type ScanCode } from './scan-json.ts'

export type JsonProblemCode = 'invalid_json' | ScanCode

export type ParsedJson =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false
      readonly code: JsonProblemCode
      /** JSON pointer to the offending value or key within the parsed text. */
      readonly pointer: string
      readonly message: string
    }

export interface ParseOptions {
  /** Containers inside one another that are allowed; a text that wraps whole events in an array may have one more. */
  readonly maxDepth?: number
}

/** How deep an event may nest, its own object counted. */
export const maxEventDepth = 32

const messages: Record<ScanCode, string> = {
  invalid_utf8: 'expected Unicode text, found a lone surrogate',
  nul_character: 'expected text without the NUL character, found one',
  duplicate_key: 'expected each key once in an object, found it twice',
  forbidden_key: 'expected no key named __proto__, constructor or prototype, found one',
  too_deep: 'expected less nesting, found one level too many',
  unsafe_integer: 'expected an integer below 2^53, found a larger one; send it as a string',
  unsafe_number: 'expected a number that a double keeps, found more digits than that; send it as a string',
  number_range: 'expected a number that a double can hold, found one out of its range'
}

/**
 * Parses JSON and refuses whatever `JSON.parse` followed by `JSON.stringify` would alter, so that a value accepted
 * here is the value that arrives at the other end; only the spelling of numbers may become the canonical one.
 * A byte order mark at the start is ignored. Costs about 5 µs for an event of 1 KB, linear in the size.
 */
export function parseJsonStrict(bytes: Buffer, { maxDepth = maxEventDepth }: ParseOptions = {}): ParsedJson {
  if (!isUtf8(bytes)) return refuse('invalid_utf8', '', 'expected UTF-8, found other bytes')
  const start = bomLength(bytes)
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8', start, bytes.length))
  } catch (error) {
    return refuse('invalid_json', '', describeSyntax(bytes.length - start, error))
  }
  const scan = scanJson(bytes, start, maxDepth)
  if (scan.finding) return refuse(scan.finding.code, scan.finding.pointer, messages[scan.finding.code])
  // A doubled key leaves fewer members in the value than in the text; only then is it worth looking for.
  if (countMembers(value) !== scan.members) {
    const { finding } = scanJson(bytes, start, maxDepth, true)
    return refuse('duplicate_key', finding?.pointer ?? '', messages.duplicate_key)
  }
  return { ok: true, value }
}

/** 3 where the text begins with a UTF-8 byte order mark, else 0. */
export function bomLength(bytes: Uint8Array): 0 | 3 {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let members = 0
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') members += countMembers(item)
    return members
  }
  for (const key of Object.keys(value)) {
    members++
    const member = (value as Record<string, unknown>)[key]
    if (typeof member === 'object') members += countMembers(member)
  }
  return members
}

/** V8's message quotes the text, which may be personal or secret: only the position is taken from it. */
function describeSyntax(length: number, error: unknown): string {
  if (length === 0) return 'expected JSON, found nothing'
  const position = error instanceof SyntaxError ? /at position (\d+)/.exec(error.message)?.[1] : undefined
  return position === undefined
    ? 'expected JSON, found other text'
    : `expected JSON, found an error at character ${position}`
}

function refuse(code: JsonProblemCode, pointer: string, message: string): ParsedJson {
  return { ok: false, code, pointer, message }
}
