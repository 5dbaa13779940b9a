import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRecentRecords } from './recent-records.ts'

describe('recent records', () => {
  it('count what is unread for each kind by its own position, without transaction markers', () => {
    const recent = createRecentRecords()
    // Offset 12 and 15 are markers.
    for (const [offset, kind] of [
      [10, 'a'],
      [11, 'b'],
      [13, 'a'],
      [14, 'a'],
      [16, 'b']
    ] as const)
      recent.add(BigInt(offset), offset * 100, kind)
    assert.deepEqual(
      recent.unread(() => 17n),
      { count: 0, oldestMs: null }
    )
    assert.deepEqual(
      recent.unread(() => 12n),
      { count: 3, oldestMs: 1_300 }
    )
    // A kind that never came has no position; that holds nobody back.
    assert.deepEqual(
      recent.unread((kind) => (kind === 'a' ? 14n : 17n)),
      { count: 1, oldestMs: 1_400 }
    )
  })
})
