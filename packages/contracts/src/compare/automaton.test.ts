import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isInt64, isStrictDate, isStrictDateTime } from '@sluice/events'
import fc from 'fast-check'
import { patternAutomaton, type State } from './automaton.ts'
import { formatAutomaton } from './format-automata.ts'

function accepts(start: State, text: string): boolean {
  let state = start
  for (const character of text) {
    const code = character.codePointAt(0)!
    const ways = state.edges().filter(({ set }) => set.some(([from, to]) => from <= code && code <= to))
    assert.ok(ways.length <= 1, 'one way on')
    if (ways.length === 0) return false
    state = ways[0]!.to
  }
  return state.accepts
}

/** A text with one character changed, added or left out. */
function nearly(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const change = fc.tuple(text, fc.nat(40), fc.constantFrom('', ...Array.from('0123456789-+:.TZ')), fc.nat(1))
  return change.map(([value, at, put, cut]) => value.slice(0, at) + put + value.slice(at + cut))
}

const twoDigits = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'))
const year = fc.oneof(
  fc.constantFrom('0000', '0001', '9999', '1900', '2000', '2012', '2013'),
  fc.stringMatching(/^[0-9]{4}$/)
)
const date = fc
  .tuple(year, twoDigits(13), fc.oneof(twoDigits(32), fc.constantFrom('28', '29', '30', '31')))
  .map((parts) => parts.join('-'))
const edge = fc.constantFrom('0001-01-01', '9999-12-31')
const time = fc.tuple(twoDigits(24), twoDigits(60), twoDigits(60)).map((parts) => parts.join(':'))
const zone = fc.oneof(
  fc.constant('Z'),
  fc.tuple(fc.constantFrom('+', '-'), twoDigits(24), twoDigits(60)).map(([sign, h, m]) => `${sign}${h}:${m}`)
)
const moment = fc
  .tuple(fc.oneof(date, edge), time, fc.stringMatching(/^(?:\.[0-9]{0,7})?$/), zone)
  .map(([day, clock, fraction, offset]) => `${day}T${clock}${fraction}${offset}`)
const whole = fc.oneof(
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
  fc.constantFrom(
    '9223372036854775807',
    '9223372036854775808',
    '-9223372036854775808',
    '-9223372036854775809',
    '-0',
    '00'
  )
)

describe('the automaton of a format', () => {
  const formats = [
    ['date', date, isStrictDate],
    ['date-time', moment, isStrictDateTime],
    ['int64', whole, isInt64]
  ] as const
  for (const [format, texts, isValid] of formats) {
    it(`accepts what the validator accepts: ${format} (property)`, () => {
      const automaton = formatAutomaton(format)
      const tally = { valid: 0, not: 0 }
      fc.assert(
        fc.property(fc.oneof(texts, texts, nearly(texts)), (text) => {
          tally[isValid(text) ? 'valid' : 'not']++
          assert.equal(accepts(automaton, text), isValid(text), text)
        }),
        { numRuns: 4000 }
      )
      assert.ok(tally.valid > 400 && tally.not > 400, JSON.stringify(tally))
    })
  }
})

describe('the automaton of a pattern', () => {
  it('accepts what the pattern matches (property)', () => {
    const patterns = [
      '^$',
      '^(?:ab)*c?$',
      '^[^a]{2,3}$',
      '^a?b{2}(?:c|ab)*$',
      '^(?:x[0-9]{1,2}|y)?z$',
      '^.+$',
      '^\\w\\d?\\s$'
    ]
    for (const pattern of patterns) {
      const expected = new RegExp(pattern, 'u')
      const texts = fc.oneof(
        fc.stringMatching(expected),
        fc.string({ unit: fc.constantFrom(...Array.from('abcxyz19 \n😀')) }),
        fc.string()
      )
      const automaton = patternAutomaton(pattern)
      fc.assert(
        fc.property(texts, (text) => assert.equal(accepts(automaton, text), expected.test(text), text)),
        { numRuns: 300 }
      )
    }
  })
})
