import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mergeBuckets, observedBetween, quantile, type Buckets } from './histogram.ts'

const buckets: Buckets = [
  [0.1, 50],
  [1, 90],
  [10, 100],
  [Infinity, 100]
]

describe('percentiles out of buckets', () => {
  it('are linear within their bucket, unknown without observations and infinite above the last bound', () => {
    assert.equal(quantile(buckets, 0.5), 0.1)
    assert.equal(quantile(buckets, 0.7), 0.55)
    assert.equal(quantile([], 0.5), null)
    const high: Buckets = [
      [1, 1],
      [Infinity, 10]
    ]
    assert.equal(quantile(high, 0.99), Infinity)
  })
  it('are of what was observed in between, from zero after a restart, and merged by their counts', () => {
    const later = buckets.map(([bound, count]) => [bound, count * 2] as const)
    assert.deepEqual(observedBetween(buckets, later), buckets)
    assert.deepEqual(observedBetween(later, buckets), buckets)
    assert.deepEqual(mergeBuckets([buckets, buckets]), later)
  })
})
