import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assignPartitions, type Claim } from './assign-partitions.ts'

describe('assigning partitions', () => {
  it('spreads them evenly over members that own nothing', () => {
    assert.deepEqual(sizes([claim('a'), claim('b'), claim('c'), claim('d')], 6), [1, 1, 2, 2])
    assert.deepEqual(sizes([claim('a')], 6), [6])
    assert.deepEqual(sizes([claim('a'), claim('b')], 1), [0, 1])
  })

  it('moves only what it must when a member joins', () => {
    const after = assignPartitions([claim('a', [0, 1, 2]), claim('b', [3, 4, 5]), claim('c')], 6)
    assert.ok(after.get('a')!.every((partition) => [0, 1, 2].includes(partition)))
    assert.ok(after.get('b')!.every((partition) => [3, 4, 5].includes(partition)))
    assert.deepEqual(
      [...after.values()].map((mine) => mine.length),
      [2, 2, 2]
    )
  })

  it('leaves everyone what they have when a member goes', () => {
    const after = assignPartitions([claim('a', [0, 1]), claim('c', [4, 5])], 6)
    assert.deepEqual(after.get('a')?.slice(0, 2), [0, 1])
    assert.deepEqual(after.get('c')?.slice(0, 2), [4, 5])
    assert.deepEqual(sizes([claim('a', [0, 1]), claim('c', [4, 5])], 6), [3, 3])
  })

  it('changes nothing when nothing has changed', () => {
    const claims = [claim('a', [3, 1, 5]), claim('b', [0, 2]), claim('c', [4, 6])]
    assert.deepEqual(
      [...assignPartitions(claims, 7).values()].map((mine) => mine.toSorted(byNumber)),
      [
        [1, 3, 5],
        [0, 2],
        [4, 6]
      ]
    )
  })

  it('believes the newer of two claims, and gives every partition to exactly one member', () => {
    const after = assignPartitions([claim('zombie', [0, 1, 2], 3), claim('b', [0, 1, 2], 7)], 6)
    assert.deepEqual(after.get('b'), [0, 1, 2])
    assert.deepEqual([...after.values()].flat().toSorted(byNumber), [0, 1, 2, 3, 4, 5])
  })

  it('is not confused by claims of partitions that are not there', () => {
    assert.deepEqual(sizes([claim('a', [9, -1, 0, 0])], 2), [2])
  })
})

function claim(memberId: string, owned: readonly number[] = [], generation = 1): Claim {
  return { memberId, owned, generation }
}

function sizes(claims: readonly Claim[], partitions: number): number[] {
  return [...assignPartitions(claims, partitions).values()].map((mine) => mine.length).toSorted(byNumber)
}

function byNumber(a: number, b: number): number {
  return a - b
}
