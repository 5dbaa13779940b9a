import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { murmur2, partitionOf } from './partition-of.ts'

describe('partitionOf', () => {
  // The vectors of Kafka's own UtilsTest.testMurmur2.
  const vectors: Record<string, number> = {
    '21': -973932308,
    foobar: -790332482,
    'a-little-bit-long-string': -985981536,
    'a-little-bit-longer-string': -1486304829,
    lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
    abc: 479470107
  }
  for (const [key, hash] of Object.entries(vectors)) {
    it(`hashes ${key} as Kafka does`, () => {
      assert.equal(murmur2(Buffer.from(key)), hash)
      assert.equal(partitionOf(key, 6), (hash & 0x7fffffff) % 6)
    })
  }

  it('never moves a key', () => {
    const keys = ['20130101-UA-1545-EWR', '20130901-B6-1-JFK', 'EWR', 'JFK', 'LGA', 'é', '', '😀']
    assert.deepEqual(
      keys.map((key) => partitionOf(key, 6)),
      [0, 3, 1, 1, 0, 3, 3, 3]
    )
    assert.deepEqual(
      keys.map((key) => partitionOf(Buffer.from(key), 6)),
      [0, 3, 1, 1, 0, 3, 3, 3]
    )
  })

  it('spreads the keys of a day', () => {
    const counts = [0, 0, 0, 0, 0, 0]
    for (let flight = 1; flight <= 6000; flight++) counts[partitionOf(`20130901-UA-${flight}-EWR`, 6)]!++
    for (const count of counts) assert.ok(count > 800 && count < 1200, counts.join())
  })
})
