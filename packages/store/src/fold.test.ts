import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { openStore, type Operation, type Store, type StoreRecord } from './index.ts'
import { after as positionAfter, applyRange, hourMs, log, ownRedis } from './testing/own-redis.ts'

/** What a log leads to, written without a look at the script: a plain reading of operation.ts. */
function fold(partitions: readonly (readonly StoreRecord[])[], nowMs: number): Map<string, Record<string, string>> {
  const hashes = new Map<string, Map<string, string>>()
  const of = (key: string) => hashes.get(key) ?? hashes.set(key, new Map()).get(key)!
  for (const { timestampMs, operations } of partitions.flat()) {
    for (const operation of operations) {
      const { kind, key, expiresAtMs } = operation
      if (kind === 'entry') {
        of(key).set(operation.field, `${expiresAtMs} ${operation.value}`)
        continue
      }
      if (kind !== 'count' && timestampMs > Number(of(key).get('expires_at') ?? Infinity)) hashes.delete(key)
      const hash = of(key)
      if (kind === 'count') hash.set(operation.field, String(Number(hash.get(operation.field) ?? 0) + operation.by))
      if (kind === 'merge') {
        for (const name of operation.remove) hash.delete(name)
        for (const [name, value] of Object.entries(operation.set)) hash.set(name, value)
      }
      if (kind === 'recent') {
        const count = Number(hash.get('count') ?? 0)
        hash.set(String(count % operation.size), operation.value).set('count', String(count + 1))
      }
      hash.set('expires_at', String(expiresAtMs))
    }
  }
  const alive = new Map<string, Record<string, string>>()
  for (const [key, hash] of hashes) {
    const end = hash.get('expires_at')
    const fields = [...hash].filter(([, value]) => Number(end ?? value.split(' ')[0]) > nowMs)
    if (fields.length > 0) alive.set(key, Object.fromEntries(fields))
  }
  return alive
}

const now = Date.now()
/** Times around now that a test run does not move across. */
const times = fc.integer({ min: -10, max: -1 }).map((hours) => now + hours * hourMs)
const ttls = fc.constantFrom(hourMs / 2, 2.5 * hourMs, 20.5 * hourMs)
const word = fc.constantFrom('a', 'b', 'ü', '')

function operations(partition: number) {
  return fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('merge' as const),
        key: fc.constantFrom(`s${partition}:1`, `s${partition}:2`),
        ttl: ttls,
        set: fc.dictionary(fc.constantFrom('x', 'y'), word),
        remove: fc.subarray(['y', 'z'])
      }),
      fc.record({
        kind: fc.constant('entry' as const),
        key: fc.constantFrom('b:1', 'b:2'),
        ttl: ttls,
        field: fc.constantFrom(`${partition}/1`, `${partition}/2`),
        value: word
      }),
      fc.record({
        kind: fc.constant('recent' as const),
        key: fc.constant(`r:${partition}`),
        ttl: ttls,
        size: fc.constant(3),
        value: word
      }),
      fc.record({
        kind: fc.constant('count' as const),
        ttl: fc.constant(20.5 * hourMs),
        field: word,
        by: fc.integer({ min: 1, max: 9 })
      })
    ),
    { maxLength: 4 }
  )
}

function toOperation(timestampMs: number, generated: { kind: string; ttl: number; key?: string }): Operation {
  const { ttl, ...operation } = generated
  const at = { expiresAtMs: timestampMs + ttl, key: generated.key ?? `c:${timestampMs}` }
  return { ...operation, ...at } as unknown as Operation
}

const partitionLog = (partition: number) =>
  fc.array(fc.tuple(times, operations(partition)), { maxLength: 12 }).map((generated) =>
    generated
      .toSorted(([a], [b]) => a - b)
      .map(([timestampMs, own], i): StoreRecord => ({
        offset: BigInt(3 * i),
        origin: BigInt(7 * i),
        timestampMs,
        operations: own.map((operation) => toOperation(timestampMs, operation))
      }))
  )

/** What may happen to a partition next: a batch from where one believes to be, or from somewhere else. */
const steps = fc.array(
  fc.record({
    partition: fc.nat(2),
    size: fc.integer({ min: 1, max: 6 }),
    believed: fc.option(fc.nat(12), { freq: 3 })
  }),
  { maxLength: 20 }
)

/** Applies what is left, whatever was applied before: seek to what is stored, go on. */
async function catchUp(store: Store, all: readonly StoreRecord[], partition: number): Promise<void> {
  const stored = await store.position(log, partition)
  const from = stored === null ? 0 : all.findIndex(({ offset }) => offset + 1n === stored.next) + 1
  if (from < all.length) await applyRange(store, partition, all, from, all.length)
}

describe('the store', () => {
  let redis: Awaited<ReturnType<typeof ownRedis>>
  before(async () => {
    redis = await ownRedis('appendonly no')
  })
  after(() => redis[Symbol.asyncDispose]())

  it('holds the fold of the log, however it is cut into batches, repeated and interleaved', async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.tuple(partitionLog(0), partitionLog(1), partitionLog(2)), steps, async (partitions, plan) => {
        await using store = await openStore({ ...redis.settings, keepMs: 24 * hourMs, prefix: `run${run++}:` })
        for (const { partition, size, believed } of plan) {
          const all = partitions[partition] ?? []
          const stored = await store.position(log, partition)
          const from = believed ?? all.findIndex((_, i) => positionAfter(all, i)?.next === stored?.next)
          if (from >= 0 && from < all.length) {
            await applyRange(store, partition, all, from, Math.min(all.length, from + size))
          }
        }
        for (const [partition, all] of partitions.entries()) await catchUp(store, all, partition)
        assert.deepEqual(await store.dump(), fold(partitions, now))
      }),
      { numRuns: 150 }
    )
  })
})
