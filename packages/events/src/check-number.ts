export type NumberProblem = 'unsafe_integer' | 'unsafe_number' | 'number_range'

/** 2^53: from here on neighbouring integers share one double. */
const unsafeFrom = 2 ** 53

/** From here on JSON.stringify writes an exponent, so that a number no longer looks like an integer. */
const exponentFrom = 1e21

/**
 * Says why a number literal of JSON would not survive `JSON.parse` + `JSON.stringify`, or null if its decimal value
 * does: `1.0`, `1e2` and `-0` only change their spelling. A number that is or would become an integer literal beyond
 * 2^53 is unsafe even where it happens to be exact: the next reader cannot know.
 */
export function checkNumber(literal: string): NumberProblem | null {
  const value = Number(literal)
  if (!Number.isFinite(value)) return 'number_range'
  const size = Math.abs(value)
  const isIntegerLiteral = !/[.eE]/.test(literal)
  if (isIntegerLiteral) return size < unsafeFrom ? null : 'unsafe_integer'
  if (size >= unsafeFrom && size < exponentFrom) return 'unsafe_integer'
  const written = decimalOf(literal)
  if (size === 0) return written.digits === '' ? null : 'number_range'
  const kept = decimalOf(String(value))
  return written.digits === kept.digits && written.exponent === kept.exponent ? null : 'unsafe_number'
}

/** Significant digits without zeros at either end, and the power of ten of the last one. */
function decimalOf(literal: string): { digits: string; exponent: number } {
  const mark = literal.search(/[eE]/)
  const mantissa = mark === -1 ? literal : literal.slice(0, mark)
  const exponent = mark === -1 ? 0 : Number(literal.slice(mark + 1))
  const point = mantissa.indexOf('.')
  const fraction = point === -1 ? 0 : mantissa.length - point - 1
  const all = mantissa.replace('-', '').replace('.', '')
  let first = 0
  while (all.charCodeAt(first) === 0x30) first++
  let end = all.length
  while (end > first && all.charCodeAt(end - 1) === 0x30) end--
  return { digits: all.slice(first, end), exponent: exponent - fraction + (all.length - end) }
}
