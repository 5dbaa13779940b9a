import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createQuota } from './quota.ts'

describe('createQuota', () => {
  it('lets a quiet key burst, then takes as much as is refilled', () => {
    let nowMs = 0
    const quota = createQuota({ eventsPerSecond: 10, burst: 20, now: () => nowMs })
    assert.equal(quota.take('a', 20), 0)
    assert.equal(quota.take('a', 5), 0.5)
    nowMs = 500
    assert.equal(quota.take('a', 5), 0)
    assert.equal(quota.take('a', 1), 0.1)
  })

  it('keeps keys apart, takes nothing of a request that is too much, and survives a clock that goes back', () => {
    let nowMs = 1_000
    const quota = createQuota({ eventsPerSecond: 10, burst: 20, now: () => nowMs })
    assert.ok(quota.take('a', 21) > 0)
    assert.equal(quota.take('a', 20), 0)
    assert.equal(quota.take('b', 20), 0)
    nowMs = 0
    assert.ok(quota.take('a', 1) > 0)
  })

  it('is off at 0', () => {
    const quota = createQuota({ eventsPerSecond: 0, burst: 0, now: () => 0 })
    assert.equal(quota.take('a', 1_000_000), 0)
  })
})
