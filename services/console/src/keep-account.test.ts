import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KafkaRecord } from '@sluice/events'
import { createAccount } from './keep-account.ts'
import { createOffsetTimes } from './offset-times.ts'
import { createRecentRecords } from './recent-records.ts'
import type { TailPartition } from './tail-topics.ts'

function output(role: 'enriched' | 'dlq', origin: number, reason?: string): KafkaRecord {
  const headers = {
    [role === 'enriched' ? 'origin_offset' : 'dlq_origin_offset']: Buffer.from(String(origin)),
    ...(reason !== undefined && { dlq_reason: Buffer.from(reason) })
  }
  return { topic: role, partition: 0, offset: 0n, timestampMs: 5, key: null, value: null, headers }
}

function read(end: bigint): TailPartition {
  return {
    partition: 0,
    start: 0n,
    end,
    next: end,
    times: createOffsetTimes(),
    recent: createRecentRecords(),
    records: 0,
    bytes: 0,
    oldestAtMs: null,
    problem: null
  }
}

function tail(base: bigint) {
  return {
    enriched: [read(10n)],
    dlq: [read(10n)],
    base: [base],
    isWhole: () => false
  }
}

const sample = (end: bigint, committed: bigint) => ({
  atMs: 1,
  ends: new Map([[0, end]]),
  committed: new Map([[0, committed]])
})

describe('the account', () => {
  it('adds up by readings of its own, whatever was committed after the sample', () => {
    const account = createAccount(() => 100, 'events.raw')
    for (const origin of [49, 50, 51, 53]) account.count('enriched', output('enriched', origin), 50n)
    account.count('dlq', output('dlq', 52, 'contract'), 50n)
    account.count('dlq', output('dlq', 54, 'repeat'), 50n)
    const found = account.read(tail(50n), sample(60n, 54n))!
    assert.deepEqual(
      [found.raw, found.enriched, found.deadLetters, found.repeats, found.inFlight, found.unaccounted],
      [10, 3, 1, 0, 6, 0]
    )
    assert.equal(account.read(tail(50n), sample(60n, 55n))!.repeats, 1)
  })
  it('says what is missing, since when', () => {
    const account = createAccount(() => 100, 'events.raw')
    account.count('enriched', output('enriched', 50), 50n)
    const found = account.read(tail(50n), sample(60n, 53n))!
    assert.deepEqual([found.unaccounted, found.unaccountedSinceMs], [2, 100])
  })
})
