import assert from 'node:assert/strict'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { startKafka, uniqueName, waitFor, type Backing } from '@sluice/testkit'
import { header, ok } from '@sluice/events'
import type { Kafka } from './client.ts'
import { commitOffset, openAt, readAll, silent, topicsOf, write } from './test-support.ts'
import { join as joinAs } from './test-member.ts'
import { event, fillers, range, start, type Run } from './test-transform.ts'
import { ensureTopics } from './topics.ts'
import { openTransactions } from './transactions.ts'

const sessionTimeoutMs = 2_000

describe('a group under faults', () => {
  let dir: string
  let broker: Backing<{ readonly brokers: readonly string[] }>
  let kafka: Kafka
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'transform-'))
    broker = await startKafka({ dir, properties: { 'group.min.session.timeout.ms': '1000' } })
    kafka = openAt(broker.settings.brokers)
    await waitFor(
      'the coordinator',
      async () => (await commitOffset(kafka, 'nobody', '__consumer_offsets', 0, 0n), true),
      { timeoutMs: 10_000 }
    )
  })
  afterEach(killWorkers)
  after(async () => {
    await broker.kill()
    await rm(dir, { recursive: true, force: true })
  })

  it('lets only the newest owner of a transactional id write', async () => {
    const topics = topicsOf()
    await ensureTopics(kafka, topics, { log: silent, newId: () => 'one' })
    const id = uniqueName('owner')
    const record = { key: null, value: Buffer.from('x'), headers: {}, bytes: 1 }
    const step = {
      partition: 0,
      group: id,
      input: topics.raw.name,
      next: 1n,
      outputs: [{ topic: topics.dlq.name, records: [record] }]
    }
    const older = await openTransactions(kafka, id)
    await older.commit(step)
    const newer = await openTransactions(kafka, id)
    await assert.rejects(older.commit(step), /the transaction of owner-/)
    await newer.commit(step)
    older.close()
    newer.close()
    assert.equal((await readAll(kafka, topics.dlq.name, 0)).length, 2)
  })

  it('loses and doubles nothing when workers are killed and the broker is restarted', async () => {
    const like = await prepare(kafka)
    const workers = new Set([startWorker(broker, like), startWorker(broker, like)])
    const writing = writeSlowly(kafka, like, 4_500)
    for (let kill = 0; kill < 3; kill++) {
      const [victim] = workers
      await progress(victim!)
      victim?.kill('SIGKILL')
      workers.delete(victim!)
      workers.add(startWorker(broker, like))
      if (kill === 1) {
        await broker.kill('SIGKILL')
        await broker.restart()
      }
    }
    await writing
    await assertExactlyOnce(kafka, like, 1_500)
    for (const worker of workers) await stopWorker(worker)
  })

  it('keeps its members through a restart of the broker', async () => {
    const topics = topicsOf({ partitions: 6 })
    await ensureTopics(kafka, topics, { log: silent, newId: () => 'one' })
    const group = uniqueName('restart')
    const [a, b] = [joinAs(kafka, topics, group), joinAs(kafka, topics, group)]
    await waitFor('two members', () => a.mine().length + b.mine().length === 6 && a.mine().length === 3, {
      timeoutMs: 15_000
    })
    await broker.stop()
    await waitFor('a problem', () => a.membership.problem() !== null, { timeoutMs: 10_000 })
    await broker.restart()
    await waitFor('no problem', () => !a.membership.problem() && !b.membership.problem(), { timeoutMs: 20_000 })
    await a.membership.confirm(AbortSignal.timeout(10_000))
    assert.equal(new Set([...a.mine(), ...b.mine()]).size, 6)
    await Promise.all([a.membership.leave(), b.membership.leave()])
  })

  it('cannot be doubled by an owner that slept through its session and wakes up', async () => {
    const like = await prepare(kafka)
    const sleeper = startWorker(broker, like)
    const writing = writeSlowly(kafka, like, 2_400)
    await progress(sleeper)
    sleeper.kill('SIGSTOP')
    const other = startWorker(broker, like)
    await progress(other, 20)
    sleeper.kill('SIGCONT')
    await writing
    await assertExactlyOnce(kafka, like, 800)
    await stopWorker(sleeper)
    await stopWorker(other)
  })

  it('fences an owner that is still alive and in the middle of a batch', async () => {
    const held = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    await using first = await start(kafka, {
      sessionTimeoutMs,
      enrich: async (items) => {
        reached.resolve()
        await held.promise
        return items.map(({ record }) => ok({ key: null, value: record.value!, headers: {} }))
      }
    })
    await write(kafka, first.at(0), [event('a')])
    await reached.promise
    // What another owner does when the group gives it the partition while the first one still works on it.
    const { group, topics } = first
    const next = await openTransactions(kafka, `${group}.${topics.raw.name}.0`)
    const record = { key: null, value: null, headers: { [header.originOffset]: '0' }, bytes: 1 }
    const outputs = [{ topic: topics.enriched.name, records: [record] }]
    await next.commit({ partition: 0, outputs, group, input: topics.raw.name, next: 1n })
    held.resolve()
    await write(kafka, first.at(0), [event('b')])
    await first.untilDone()
    next.close()
    assert.deepEqual(
      (await first.account(0)).map(({ origin }) => origin),
      [0, 1]
    )
  })
})

async function prepare(kafka: Kafka): Promise<Pick<Run, 'topics' | 'group'>> {
  const topics = topicsOf()
  await ensureTopics(kafka, topics, { log: silent, newId: () => 'one' })
  return { topics, group: uniqueName('faults') }
}

const started = new Set<ChildProcess>()

function startWorker(
  broker: Backing<{ readonly brokers: readonly string[] }>,
  like: Pick<Run, 'topics' | 'group'>
): ChildProcess {
  const argument = JSON.stringify({ brokers: broker.settings.brokers, like, sessionTimeoutMs })
  const worker = fork(join(import.meta.dirname, 'test-worker.ts'), [argument], { execArgv: [] })
  started.add(worker)
  return worker
}

/** What a test that failed leaves behind would keep this process alive. */
function killWorkers(): void {
  for (const worker of started) worker.kill('SIGKILL')
  started.clear()
}

async function stopWorker(worker: ChildProcess): Promise<void> {
  worker.kill('SIGTERM')
  const [code] = (await once(worker, 'exit')) as [number | null]
  assert.equal(code, 0)
}

/** Until the worker has committed so many more batches. */
async function progress(worker: ChildProcess, batches = 5): Promise<void> {
  let seen = 0
  const count = (): number => seen++
  worker.on('message', count)
  await waitFor('progress', () => seen >= batches, { timeoutMs: 30_000 })
  worker.off('message', count)
}

/** Evenly into three partitions, in batches, for as long as the broker takes them. */
async function writeSlowly(kafka: Kafka, { topics }: Pick<Run, 'topics' | 'group'>, count: number): Promise<void> {
  const batch = 50
  for (let i = 0; i < count / 3; i += batch) {
    for (const partition of [0, 1, 2]) {
      const messages = fillers(batch, `${partition}.${i}.`)
      await waitFor(
        'a write',
        async () => (await write(kafka, { topic: topics.raw.name, partition }, messages), true),
        { timeoutMs: 60_000 }
      )
    }
  }
}

/** By the topics alone: every raw offset has one output, and every event was enriched once, in order. */
async function assertExactlyOnce(
  kafka: Kafka,
  { topics }: Pick<Run, 'topics' | 'group'>,
  perPartition: number
): Promise<void> {
  for (const partition of [0, 1, 2]) {
    // Right after its restart a broker may not yet know that it leads.
    const raw = await waitFor('the raw log', () => readAll(kafka, topics.raw.name, partition), { timeoutMs: 30_000 })
    const outputs = await waitFor(
      `partition ${partition}`,
      async () => {
        const enriched = await readAll(kafka, topics.enriched.name, partition)
        const dead = await readAll(kafka, topics.dlq.name, partition)
        return enriched.length + dead.length >= raw.length && { enriched, dead }
      },
      { timeoutMs: 60_000, intervalMs: 200 }
    )
    // The writer repeats what it is not sure of: those are the repeats.
    assert.ok(outputs.dead.every(({ headers }) => String(headers['dlq_reason']) === 'repeat'))
    const origins = outputs.enriched.map(({ headers }) => Number(headers['origin_offset']))
    assert.deepEqual(
      origins,
      origins.toSorted((a, b) => a - b)
    )
    const all = [...origins, ...outputs.dead.map(({ headers }) => Number(headers['dlq_origin_offset']))]
    assert.deepEqual(
      all.toSorted((a, b) => a - b),
      range(raw.length)
    )
    assert.equal(new Set(outputs.enriched.map(({ headers }) => String(headers['identity']))).size, perPartition)
    assert.equal(outputs.enriched.length, perPartition)
  }
}
