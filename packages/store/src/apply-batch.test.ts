import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { RefusedError } from '@sluice/events'
import { Redis } from 'ioredis'
import { openStore, type Operation, type Store, type StoreRecord } from './index.ts'
import { after as positionAfter, applyRange, hourMs, log, ownRedis, records } from './testing/own-redis.ts'

const keepMs = 24 * hourMs
const now = Date.now()
const soon = now + 3 * hourMs

function count(expiresAtMs = soon): Operation {
  return { kind: 'count', key: 'sum', expiresAtMs, field: 'n', by: 1 }
}

function merge(set: Record<string, string>, expiresAtMs = soon, remove: string[] = []): Operation {
  return { kind: 'merge', key: 'state', expiresAtMs, set, remove }
}

function entry(key: string, field: string, expiresAtMs: number): Operation {
  return { kind: 'entry', key, expiresAtMs, field, value: `of ${field}` }
}

function counting(length: number): StoreRecord[] {
  return records(
    now,
    Array.from({ length }, () => [count()])
  )
}

describe('one batch', () => {
  let redis: Awaited<ReturnType<typeof ownRedis>>
  let raw: Redis
  let store: Store

  before(async () => {
    redis = await ownRedis()
    raw = new Redis({ port: redis.port, password: redis.settings.password })
    store = await openStore({ ...redis.settings, keepMs })
  })
  beforeEach(async () => {
    await raw.flushall()
  })
  after(async () => {
    await store[Symbol.asyncDispose]()
    await raw.quit()
    await redis[Symbol.asyncDispose]()
  })

  /** Until then and for the retention on top, or a little longer. */
  async function assertKept(key: string, endMs: number): Promise<void> {
    const beyondMs = (await raw.pexpiretime(`sluice:${key}`)) - endMs - keepMs
    assert.ok(beyondMs >= 0 && beyondMs < 1.1 * hourMs, `${key} is kept for ${beyondMs} ms more`)
  }

  const sum = async () => (await store.states(['sum']))[0]?.['n']

  it('stores its position in the same step', async () => {
    assert.equal(await store.position(log, 3), null)
    assert.deepEqual(await applyRange(store, 3, counting(5), 0, 5), { kind: 'applied', failed: 0, firstError: '' })
    assert.deepEqual(await store.position(log, 3), { next: 5n, origin: 8n })
    assert.equal(await sum(), '5')
  })

  it('is not applied when the stored position differs, and learns which one is stored', async () => {
    const all = counting(10)
    await applyRange(store, 0, all, 0, 6)
    for (const [from, to] of [
      [0, 6],
      [0, 10],
      [3, 10],
      [7, 10]
    ] as const) {
      assert.deepEqual(await applyRange(store, 0, all, from, to), { kind: 'differs', stored: positionAfter(all, 6) })
    }
    assert.equal(await sum(), '6')
    assert.equal((await applyRange(store, 0, all, 6, 10)).kind, 'applied')
    assert.equal(await sum(), '10')
  })

  it('is not applied to a store that has forgotten everything', async () => {
    const all = counting(10)
    await applyRange(store, 0, all, 0, 6)
    await raw.flushall()
    assert.deepEqual(await applyRange(store, 0, all, 6, 10), { kind: 'differs', stored: null })
    assert.equal((await store.dump()).size, 0)
  })

  it('leaves out records at or below the last origin: of a batch delivered again only the new tail counts', async () => {
    const all = counting(10)
    await applyRange(store, 0, all, 0, 6)
    const again = { log, partition: 0, expected: positionAfter(all, 6), position: { next: 10n, origin: 18n } }
    await store.apply({ ...again, records: all })
    assert.equal(await sum(), '10')
  })

  it('goes in several complete steps when it is long', async () => {
    const all = counting(1_203)
    await applyRange(store, 0, all, 0, 1_203)
    assert.equal(await sum(), '1203')
    assert.deepEqual(await store.position(log, 0), { next: 1_203n, origin: 2_404n })
    await applyRange(store, 1, all, 0, 500)
    assert.deepEqual(await applyRange(store, 1, all, 0, 1_203), { kind: 'differs', stored: positionAfter(all, 500) })
    assert.equal(await sum(), '1703')
  })

  it('lays fields over fields, and takes fields away', async () => {
    const all = records(now, [
      [merge({ a: '1', b: 'é"\n' })],
      [merge({ a: '2' }, soon, ['b', 'never'])],
      [merge({}, soon)]
    ])
    await applyRange(store, 0, all, 0, 1)
    assert.deepEqual(await store.states(['state', 'none']), [{ a: '1', b: 'é"\n' }, null])
    await applyRange(store, 0, all, 1, 3)
    assert.deepEqual(await store.states(['state']), [{ a: '2' }])
  })

  it('begins a key anew when the record was written after the end of what is there', async () => {
    const [early, late] = [now - 3 * hourMs, now - hourMs]
    const old = records(early, [[merge({ a: 'old' }, early + hourMs)]])
    const fresh = records(late, [[], [merge({ b: 'new' }, soon)]])
    await applyRange(store, 0, old, 0, 1)
    assert.deepEqual(await store.states(['state']), [null], 'past its end')
    await applyRange(store, 0, fresh, 1, 2)
    assert.deepEqual(await store.states(['state']), [{ b: 'new' }])
  })

  it('finds what a record from before its end belongs to, however late it is processed', async () => {
    const early = now - 3 * hourMs
    const first = records(early, [[merge({ a: 'kept' }, early + hourMs)]])
    const second = records(early + hourMs - 1, [[], [merge({ b: 'late' }, soon)]])
    await applyRange(store, 0, first, 0, 1)
    await applyRange(store, 0, second, 1, 2)
    assert.deepEqual(await store.states(['state']), [{ a: 'kept', b: 'late' }])
  })

  it('keeps a key for as long as the log may hold records from before its end', async () => {
    const ended: Operation = { ...count(now - hourMs), key: 'ended' }
    await applyRange(
      store,
      0,
      records(now, [
        [count(), ended, entry('board', 'f', now - hourMs), entry('board', 'g', soon), entry('board', 'h', now - 1)]
      ]),
      0,
      1
    )
    await assertKept('sum', soon)
    await assertKept('board', soon)
    await assertKept('ended', now)
  })

  it('keeps entries each with its own end', async () => {
    await applyRange(store, 0, records(now, [[entry('board', 'a', soon), entry('board', 'b', now - 1)]]), 0, 1)
    await applyRange(store, 1, records(now, [[entry('board', 'c', soon)]]), 0, 1)
    assert.deepEqual(await store.entries(['board', 'none']), [{ a: 'of a', c: 'of c' }, {}])
    assert.deepEqual([...(await store.dump()).keys()], ['board'])
  })

  it('keeps the last few values, the newest first', async () => {
    const all = records(
      now,
      [0, 1, 2, 3, 4].map((i) => [{ kind: 'recent' as const, key: 'last', expiresAtMs: soon, size: 3, value: `v${i}` }])
    )
    await applyRange(store, 0, all, 0, 2)
    assert.deepEqual(await store.recent(['last']), [['v1', 'v0']])
    await applyRange(store, 0, all, 2, 5)
    assert.deepEqual(await store.recent(['last', 'none']), [['v4', 'v3', 'v2'], []])
  })

  it('passes an operation on a key that somebody else made something else of, and counts it', async () => {
    await raw.set('sluice:state', 'mine')
    const all = records(now, [[merge({ a: '1' }), count()]])
    const applied = await applyRange(store, 0, all, 0, 1)
    assert.ok(applied.kind === 'applied' && applied.failed > 0 && applied.firstError.startsWith('WRONGTYPE'))
    assert.equal(await sum(), '1')
    assert.deepEqual(await store.position(log, 0), positionAfter(all, 1))
  })

  it('refuses to mix what came of two logs', async () => {
    const other = { ...log, incarnation: 'second' }
    await applyRange(store, 0, counting(2), 0, 2)
    await assert.rejects(store.position(other, 0), RefusedError)
    const batch = { log: other, partition: 1, expected: null, position: { next: 1n, origin: 0n }, records: [] }
    await assert.rejects(
      store.apply(batch),
      /another events.enriched \(incarnation first\), expected incarnation second/
    )
  })

  it('forgets the other log when it is told to, once, and leaves alone what is not its own', async () => {
    const other = { ...log, incarnation: 'second' }
    await raw.set('somebody:else', 'stays')
    await applyRange(store, 0, counting(2), 0, 2)
    assert.equal(await store.acceptLog(other), 2)
    assert.equal(await store.position(other, 0), null)
    assert.deepEqual(await raw.keys('*'), ['somebody:else'])
    await store.apply({ log: other, partition: 0, expected: null, position: { next: 1n, origin: 0n }, records: [] })
    assert.equal(await store.acceptLog(other), 0)
    assert.deepEqual(await store.position(other, 0), { next: 1n, origin: 0n })
  })
})
