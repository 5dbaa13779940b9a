const zero = 0x30

/**
 * True for an RFC 3339 date-time that every part of the platform reads as the same instant: upper-case `T` and `Z`,
 * a day that exists, no leap second, at most 6 fractional digits, an instant within the years 0001–9999 of UTC.
 */
export function isStrictDateTime(text: string): boolean {
  const length = text.length
  if (length < 20 || length > 32 || text.charCodeAt(10) !== 0x54 || !isDateAt(text)) return false
  const hour = pair(text, 11)
  const minute = pair(text, 14)
  const second = pair(text, 17)
  if (hour > 23 || minute > 59 || second > 59 || text.charCodeAt(13) !== 0x3a || text.charCodeAt(16) !== 0x3a)
    return false
  let at = 19
  if (text.charCodeAt(at) === 0x2e) {
    const from = ++at
    while (isDigit(text.charCodeAt(at))) at++
    if (at === from || at - from > 6) return false
  }
  if (text.charCodeAt(at) === 0x5a) return at + 1 === length
  return isOffsetAt(text, at) && isWithinYears(text)
}

/** True for a full-date of RFC 3339 that exists, `2013-02-28`, years 0001–9999. */
export function isStrictDate(text: string): boolean {
  return text.length === 10 && isDateAt(text)
}

const int64Text = /^(?:0|-?[1-9][0-9]{0,18})$/
const maxInt64 = '9223372036854775807'
const minInt64 = '9223372036854775808'

/** True for the one canonical decimal spelling of a 64-bit signed integer: no sign but a minus, no leading zero, no `-0`. */
export function isInt64(text: string): boolean {
  if (!int64Text.test(text)) return false
  const isNegative = text.charCodeAt(0) === 0x2d
  const digits = isNegative ? text.slice(1) : text
  // Of two numbers with 19 digits each the larger is the later text.
  return digits.length < 19 || digits <= (isNegative ? minInt64 : maxInt64)
}

function isDateAt(text: string): boolean {
  if (text.charCodeAt(4) !== 0x2d || text.charCodeAt(7) !== 0x2d) return false
  const year = pair(text, 0) * 100 + pair(text, 2)
  const month = pair(text, 5)
  const day = pair(text, 8)
  return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month)
}

/** The two digits at a place as a number; infinity, beyond every range, where one is no digit. */
function pair(text: string, at: number): number {
  const tens = text.charCodeAt(at)
  const units = text.charCodeAt(at + 1)
  return isDigit(tens) && isDigit(units) ? (tens - zero) * 10 + (units - zero) : Number.POSITIVE_INFINITY
}

function isDigit(c: number): boolean {
  return c >= zero && c <= 0x39
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function isOffsetAt(text: string, at: number): boolean {
  const sign = text.charCodeAt(at)
  if (text.length !== at + 6 || (sign !== 0x2b && sign !== 0x2d) || text.charCodeAt(at + 3) !== 0x3a) return false
  return pair(text, at + 1) <= 23 && pair(text, at + 4) <= 59
}

const firstMs = Date.parse('0001-01-01T00:00:00Z')
const lastMs = Date.parse('9999-12-31T23:59:59.999Z')

/** Only an offset can carry an instant out of the years that its own text names. */
function isWithinYears(text: string): boolean {
  const ms = Date.parse(text)
  return ms >= firstMs && ms <= lastMs
}
