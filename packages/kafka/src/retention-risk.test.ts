import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Fetched } from './partition-reader.ts'
import { createRetentionRisk } from './retention-risk.ts'

/** Ten records of 100 bytes from `position`, appended at `timestampMs`. */
function fetched(position: bigint, highWatermark: bigint, timestampMs: number): Fetched {
  const records = Array.from({ length: 10 }, (_, i) => ({
    topic: 't',
    partition: 0,
    offset: position + BigInt(i),
    timestampMs,
    key: null,
    value: null,
    headers: {},
    headerProblem: null
  }))
  const next = position + 10n
  return { records, next, bytes: 1_000, highWatermark, lastStableOffset: highWatermark, logStartOffset: 0n }
}

describe('the risk that retention takes what is unread', () => {
  it('is the age of the oldest unread record against retention.ms', () => {
    const risk = createRetentionRisk({ retentionMs: 1_000, retentionBytes: -1 }, () => 5_000)
    const one = fetched(0n, 50n, 4_700)
    assert.deepEqual(risk.unread(one, 0n), { lossAtMs: 5_700, halfAtMs: 5_200 })
    assert.deepEqual(risk.read(one), { lossAtMs: 5_700, halfAtMs: 5_200 })
    assert.deepEqual(risk.read(fetched(40n, 50n, 4_700)), { lossAtMs: 6_000, halfAtMs: 5_500 }, 'nothing is unread')
  })

  it('is what is written behind it, at the present rate, against retention.bytes', () => {
    let nowMs = 0
    const risk = createRetentionRisk({ retentionMs: 86_400_000, retentionBytes: 100_000 }, () => nowMs)
    risk.unread(fetched(0n, 100n, 0), 0n)
    nowMs = 10_000
    // 100 records, of 100 bytes, in 10 s: 1 byte a ms.
    const one = fetched(0n, 200n, 10_000)
    const [loss, half] = Object.values(risk.unread(one, 0n) ?? {})
    assert.deepEqual([loss, half], [10_000 + 80_000, 10_000 + 30_000])
    nowMs = 15_000
    const late = risk.unread(fetched(0n, 1_000n, 10_000), 0n)
    assert.deepEqual(late, { lossAtMs: 15_000, halfAtMs: 15_000 }, 'as much as is kept lies unread')
  })

  it('is none where nothing is ever deleted', () => {
    const risk = createRetentionRisk({ retentionMs: -1, retentionBytes: -1 }, () => 0)
    assert.equal(risk.unread(fetched(0n, 50n, 0), 0n), null)
  })
})
