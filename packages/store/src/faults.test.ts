import assert from 'node:assert/strict'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import { RefusedError, UnavailableError } from '@sluice/events'
import { waitFor } from '@sluice/testkit'
import { Redis } from 'ioredis'
import { openStore, type Store, type StoreRecord } from './index.ts'
import { after as positionAfter, applyRange, hourMs, log, ownRedis, records } from './testing/own-redis.ts'

const keepMs = 24 * hourMs
const partitions = [0, 1, 2]
const total = 3_000

/** Every record counts one in a sum that all partitions share, and says how far its partition is. */
const all = partitions.map((partition) =>
  records(
    Date.now(),
    Array.from({ length: total }, (_, i) => [
      { kind: 'count', key: 'sum', expiresAtMs: Date.now() + hourMs, field: 'n', by: 1 },
      { kind: 'merge', key: `at:${partition}`, expiresAtMs: Date.now() + hourMs, set: { i: String(i) }, remove: [] }
    ])
  )
)

/** A loader in small: believes, applies, and goes where the store says it is. Counts how often it had to go back. */
async function load(store: Store, partition: number, own: readonly StoreRecord[]): Promise<number> {
  let reopened = 0
  for (let done = 0; done < own.length;) {
    const to = Math.min(own.length, done + 7)
    try {
      const applied = await applyRange(store, partition, own, done, to)
      if (applied.kind === 'applied') done = to
      else {
        reopened++
        done = applied.stored === null ? 0 : Number(applied.stored.next)
      }
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      const stored = await waitFor('redis', () => store.position(log, partition).then((position) => ({ position })), {
        timeoutMs: 10_000
      })
      done = Number(stored.position?.next ?? 0n)
    }
  }
  return reopened
}

describe('the store, when things go wrong', () => {
  let redis: Awaited<ReturnType<typeof ownRedis>>
  let raw: Redis
  let store: Store

  before(async () => {
    redis = await ownRedis()
    raw = new Redis({ port: redis.port, password: redis.settings.password, retryStrategy: () => 50 })
    raw.on('error', () => {})
    store = await openStore({ ...redis.settings, keepMs, timeoutMs: 1_000 })
  })
  after(async () => {
    await store[Symbol.asyncDispose]()
    raw.disconnect()
    await redis[Symbol.asyncDispose]()
  })

  const sum = async () => Number((await store.states(['sum']))[0]?.['n'] ?? 0)

  /** Loads all partitions while `harm` goes on; at no moment may there be more than the fold of the log. */
  async function loadDuring(harm: (isOver: () => boolean) => Promise<void>): Promise<number> {
    let over = false
    const loading = Promise.all(partitions.map((p) => load(store, p, all[p] ?? []))).finally(() => {
      over = true
    })
    const [reopened] = await Promise.all([loading, harm(() => over)])
    // A partition whose last batch is followed by a loss hears of it by asking, as the loader does for idle ones.
    await Promise.all(partitions.map(async (p) => load(store, p, (all[p] ?? []).slice(0, total))))
    return reopened.reduce((a, b) => a + b, 0)
  }

  async function assertFold(): Promise<void> {
    assert.equal(await sum(), partitions.length * total)
    const states = await store.states(partitions.map((p) => `at:${p}`))
    assert.deepEqual(
      states,
      partitions.map(() => ({ i: String(total - 1) }))
    )
  }

  it('may forget everything at any moment, and heals itself', async () => {
    await raw.flushall()
    let flushed = 0
    const reopened = await loadDuring(async (isOver) => {
      while (!isOver() && flushed < 8) {
        const before = await sum()
        assert.ok(before <= partitions.length * total, `${before} counted`)
        await waitFor('some progress', async () => isOver() || (await sum()) > 50, { timeoutMs: 10_000, intervalMs: 1 })
        await raw.flushall()
        flushed++
      }
    })
    assert.ok(flushed >= 3 && reopened >= 3, `${flushed} losses, ${reopened} times gone back`)
    await assertFold()
  })

  it('may be killed in the middle of a batch', async () => {
    await raw.flushall()
    await loadDuring(async () => {
      for (let i = 0; i < 3; i++) {
        await redis.kill()
        await redis.restart()
        await waitFor('some progress', async () => (await sum()) > 0, { timeoutMs: 10_000 })
      }
    })
    await assertFold()
  })

  it('may be set back to an old state', async () => {
    await raw.flushall()
    const own = all[0] ?? []
    const [data, copy] = [join(redis.dir, 'data'), join(redis.dir, 'copy')]
    await applyRange(store, 0, own, 0, 1_000)
    await redis.stop()
    await cp(data, copy, { recursive: true })
    await redis.restart()
    await waitFor('redis', () => store.problem() === null, { timeoutMs: 10_000 })
    await applyRange(store, 0, own, 1_000, 2_000)
    await redis.stop()
    await rm(data, { recursive: true })
    await cp(copy, data, { recursive: true })
    await redis.restart()
    await waitFor('redis', () => store.problem() === null, { timeoutMs: 10_000 })
    assert.deepEqual(await applyRange(store, 0, own, 2_000, 3_000), {
      kind: 'differs',
      stored: positionAfter(own, 1_000)
    })
    await load(store, 0, own)
    assert.equal(await sum(), total)
  })

  it('says that it is unavailable when it does not answer, and a late execution does not count twice', async () => {
    await raw.flushall()
    const own = all[0] ?? []
    await applyRange(store, 0, own, 0, 100)
    await redis.kill('SIGSTOP')
    const tooLate = sleep(20_000, undefined, { ref: false })
    await assert.rejects(Promise.race([applyRange(store, 0, own, 100, 200), tooLate]), (error: unknown) => {
      assert.ok(error instanceof UnavailableError && error.dependency === 'redis')
      return true
    })
    await redis.kill('SIGCONT')
    await waitFor('redis', () => store.problem() === null, { timeoutMs: 10_000 })
    await load(store, 0, own)
    assert.equal(await sum(), total)
  })

  it('applies nothing at all when its memory is full, and goes on when there is room', async () => {
    await raw.flushall()
    const own = all[0] ?? []
    await applyRange(store, 0, own, 0, 100)
    await raw.config('SET', 'maxmemory', '1')
    await assert.rejects(applyRange(store, 0, own, 100, 200), UnavailableError)
    assert.equal(await sum(), 100)
    assert.deepEqual(await store.position(log, 0), positionAfter(own, 100))
    await raw.config('SET', 'maxmemory', '0')
    await applyRange(store, 0, own, 100, 200)
    assert.equal(await sum(), 200)
  })

  it('refuses a server that evicts', async () => {
    await raw.config('SET', 'maxmemory-policy', 'allkeys-lru')
    await assert.rejects(openStore({ ...redis.settings, keepMs }), (error: unknown) => {
      assert.ok(error instanceof RefusedError)
      assert.deepEqual(error.problems, ['redis: maxmemory-policy is allkeys-lru, expected noeviction'])
      return true
    })
    await raw.config('SET', 'maxmemory-policy', 'noeviction')
  })

  it('refuses to start with a wrong password, and does not repeat it', async () => {
    await assert.rejects(openStore({ ...redis.settings, password: 'not-this-one', keepMs }), (error: unknown) => {
      assert.ok(error instanceof RefusedError)
      assert.doesNotMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)), /not-this-one/)
      return true
    })
  })

  it('says that it is unavailable when nobody is there', async () => {
    await redis.stop()
    await assert.rejects(openStore({ ...redis.settings, keepMs }), UnavailableError)
    await waitFor('a reason', () => /ECONNREFUSED/.test(store.problem() ?? ''), { timeoutMs: 5_000 })
    await redis.restart()
  })
})
