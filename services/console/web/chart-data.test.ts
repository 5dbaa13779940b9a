import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bandsOf, dataOf, edgeOf } from './chart-data.ts'

const at = Date.parse('2026-01-01T15:20:00Z') / 1_000
const one = (values: (number | null)[]) => [{ label: 'a', color: '--raw', values }]

describe('what a chart draws', () => {
  it('draws no line across missing samples', () => {
    assert.deepEqual(dataOf([at, at + 2, at + 60], one([1, 2, 3])), [
      [at, at + 2, at + 3, at + 60],
      [1, 2, null, 3]
    ])
  })

  it('says where there is no data, and since when', () => {
    const times = [at, at + 2, at + 60, at + 62]
    assert.deepEqual(
      bandsOf(times, one([1, 1, 1, 1]), at - 100, at + 90).map(({ words }) => words),
      ['no data before 15:20:00Z', 'no data 15:20:02Z to 15:21:00Z', 'no data since 15:21:02Z']
    )
  })

  it('tells what was not measured from what was not received', () => {
    const times = Array.from({ length: 20 }, (_, i) => at + 2 * i)
    const values = times.map((_, i) => (i >= 5 && i < 15 ? null : 0))
    assert.deepEqual(bandsOf(times, one(values), at, at + 38), [
      { from: at + 8, to: at + 30, words: 'not measured 15:20:08Z to 15:20:30Z' }
    ])
  })

  it('ends at the newest sample, and at now when that is old', () => {
    assert.equal(edgeOf([at], at + 3), at)
    assert.equal(edgeOf([at], at + 30), at + 30)
  })
})
