import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { aucOf, judgeQuality, type Judged } from './quality.ts'

const hour = 3_600_000
const flight = (risk: number | null, late: boolean, hours = 0): Judged => ({
  risk,
  late,
  outcome: 'landed',
  scheduledArrivalMs: hours * hour
})

function bins(...at: number[]): Uint32Array {
  return Uint32Array.from({ length: 10 }, (_, i) => at.filter((one) => one === i).length)
}

describe('the quality of predictions', () => {
  it('is 1 where every late flight had the higher score, one half where scores say nothing', () => {
    assert.equal(aucOf(bins(8, 9), bins(1, 2, 3))?.auc, 1)
    assert.equal(aucOf(bins(5, 5), bins(5, 5))?.auc, 0.5)
    assert.equal(aucOf(bins(1), bins(9))?.auc, 0)
    assert.equal(aucOf(bins(), bins(9)), null)
    // 3 late against 2 punctual: pairs won 1 + 2 + 1.5 of 6.
    assert.equal(aucOf(bins(2, 7, 5), bins(1, 5))?.auc, (1 + 2 + 1.5) / 6)
  })
  it('judges only cohorts that are over, and says what of them is open', () => {
    const flights = [
      ...Array.from({ length: 150 }, (_, i) => flight(0.2, i % 5 === 0)),
      { ...flight(0.9, false), outcome: 'open' as const },
      { ...flight(0.9, false), outcome: 'cancelled' as const },
      flight(null, true),
      flight(0.9, true, 50)
    ]
    const quality = judgeQuality(flights, 10 * hour)
    assert.deepEqual(
      [quality.judged, quality.late, quality.cohortOpen, quality.cancelled, quality.unscored],
      [150, 30, 1, 1, 1]
    )
    const bin = quality.bins[2]!
    assert.deepEqual([bin.flights, bin.late], [150, 30])
    assert.ok(bin.low < 0.2 && bin.high > 0.2)
  })
  it('draws no AUC from fewer than a hundred flights', () => {
    const few = Array.from({ length: 99 }, (_, i) => flight(i / 100, i > 50))
    assert.equal(judgeQuality(few, hour).auc, null)
    assert.ok(judgeQuality([...few, flight(0.5, false)], hour).auc! > 0.9)
  })
})
