import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { lintPattern } from './lint-pattern.ts'

describe('lintPattern', () => {
  const linear = [
    '^$',
    '^a$',
    '^[A-Z]{3}$',
    '^[0-9]{8}-[0-9A-Z]{2}-[0-9]{1,4}-[A-Z]{3}$',
    '^N[0-9]{1,5}[A-Z]{0,2}$',
    '^[a-z]+(?:-[a-z]+)*$',
    '^(?:[0-9]{1,3}\\.){3}[0-9]{1,3}$',
    '^(cat|dog|\\u{1f600})?x*$',
    '^\\d+(\\.\\d+)?$',
    '^[^@ ]+@[^@ ]+$',
    '^\\p$'.replace('\\p', '\\$'),
    '^[\\w.\\-]{1,20}\\/\\S$',
    '^.{2,}$',
    '^a{0}b$'
  ]
  for (const pattern of linear) it(`accepts ${pattern}`, () => assert.equal(lintPattern(pattern).problem, null))

  const others: Record<string, RegExp> = {
    '^(a+)+$': /two loops/,
    '^(a*)*$': /repetition of what may be empty/,
    '^(a?)+$': /repetition of what may be empty/,
    '^(?:a|b*)*$': /repetition of what may be empty/,
    '^(a|a)*$': /two ways/,
    '^(a|ab)*c$': /two ways/,
    '^a*a*b$': /two ways/,
    '^\\d+[0-9]$': /two ways/,
    '^.*x$': /two ways/,
    '^([a-z]+)*$': /two loops/,
    '^(?:[a-z]+-?)+$': /two ways|two loops/,
    '^(\\w{1,10}){1,10}$': /two ways/,
    '^(?:a?|b?)c$': /two alternatives that may be empty/,
    '^([a-z]{0,30}x){0,40}$': /two ways|written out/,
    '^a{1001}$': /written out/,
    'a+$': /no \^ or no \$/,
    '^a+': /no \^ or no \$/,
    '^a\\$': /no \$/,
    '^a|b$': /alternatives outside a group/,
    '^a^b$': /\^ within it/,
    '^a$b$': /\$ within it/,
    '^(?=a)a$': /look-around/,
    '^(?!a)b$': /look-around/,
    '^(?<x>a)$': /look-around/,
    '^(a)\\1$': /escape \\1/,
    '^a\\b$': /escape \\b/,
    '^\\p{L}$': /escape \\p/,
    '^a+?$': /lazy/,
    '^\\ud83d\\ude00$': /surrogate/,
    '^(a$': /Invalid regular expression/,
    '^\\-$': /Invalid regular expression/
  }
  for (const [pattern, found] of Object.entries(others)) {
    it(`refuses ${pattern}`, () => assert.match(lintPattern(pattern).problem?.found ?? '', found))
  }

  it('says whether the empty text matches', () => {
    assert.equal(lintPattern('^a*(bc)?$').matchesEmpty, true)
    assert.equal(lintPattern('^a*(bc)?d$').matchesEmpty, false)
    assert.equal(lintPattern('^a{2,}$').matchesEmpty, false)
  })

  it('takes little time for the worst pattern', () => {
    const started = process.cpuUsage().user
    for (const pattern of [
      `^${'(a?'.repeat(120)}${')'.repeat(120)}$`,
      '^((((a{9}){9}){9}){9}){9}$',
      `^${'[a-z]?'.repeat(80)}$`
    ]) {
      assert.notEqual(lintPattern(pattern).problem, null)
    }
    assert.ok(process.cpuUsage().user - started < 1_000_000)
  })

  it('accepts no pattern that takes more than linear time (property)', () => {
    let accepted = 0
    fc.assert(
      fc.property(anyPattern, fc.constantFrom('a', 'b', 'ab', 'ba', 'aab'), (pattern, pump) => {
        if (lintPattern(pattern).problem) return
        accepted++
        const regexp = new RegExp(pattern, 'u')
        const started = process.cpuUsage().user
        for (const tail of ['', '!', 'a']) regexp.test(pump.repeat(20_000) + tail)
        assert.ok(process.cpuUsage().user - started < 150_000, pattern)
      }),
      { numRuns: 2000 }
    )
    assert.ok(accepted > 200, `only ${accepted} patterns were accepted`)
  })
})

const { body } = fc.letrec<{ body: string }>((tie) => ({
  body: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    fc.constantFrom('a', 'b', '[ab]', 'c', '[^a]', '.'),
    fc.tuple(tie('body'), tie('body')).map((parts) => parts.join('')),
    fc.tuple(tie('body'), tie('body')).map((parts) => `(?:${parts.join('|')})`),
    fc
      .tuple(tie('body'), fc.constantFrom('*', '+', '?', '{2}', '{0,2}', '{1,}'))
      .map(([part, times]) => `(?:${part})${times}`)
  )
}))
const anyPattern = body.map((text) => `^${text}$`)
