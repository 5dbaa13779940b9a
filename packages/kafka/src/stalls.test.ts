import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { freePort, startKafka, startTcpProxy, uniqueName, waitFor, type Backing, type TcpProxy } from '@sluice/testkit'
import type { Topics } from '@sluice/contracts'
import type { Kafka } from './client.ts'
import { runSink } from './sink.ts'
import { openAt, silent, topicsOf, write } from './test-support.ts'
import { ensureTopics } from './topics.ts'
import type { RunningSink, SinkBatch, SinkPosition, TopicPartition } from './types.ts'

/* P18: what hangs stops the ticks, by which the watchdog ends the process; a broker that is silent does not. */

describe('a sink', () => {
  let dir: string
  let broker: Backing<unknown>
  let line: TcpProxy
  let kafka: Kafka
  const topics: Topics = topicsOf()
  const sinks: RunningSink[] = []
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stalls-'))
    const port = await freePort()
    line = await startTcpProxy({ target: port })
    broker = await startKafka({ dir, port, advertised: `127.0.0.1:${line.port}` })
    kafka = openAt([`127.0.0.1:${line.port}`])
    await ensureTopics(kafka, topics, { log: silent, newId: () => 'one' })
    // So that every origin here lies in the raw topic.
    for (const partition of [0, 1, 2])
      await write(kafka, { topic: topics.raw.name, partition }, [{ value: '' }, { value: '' }, { value: '' }])
  })
  after(async () => {
    await Promise.all(sinks.map((sink) => sink.stop()))
    await broker?.kill()
    await line?.[Symbol.asyncDispose]()
    await rm(dir, { recursive: true, force: true })
  })

  it('gives up a fetch that is never answered, ticks on, says what it waits for, and goes on by itself', async () => {
    const handled: string[] = []
    const { sink, counts } = run(async ({ records }) => void handled.push(...records.map(({ value }) => String(value))))
    await write(kafka, { topic: topics.enriched.name, partition: 0 }, [traced(0)])
    await waitFor('the first', () => handled.length === 1, { timeoutMs: 20_000 })
    await line.set({ kind: 'half-open' })
    const says = () => sink.problems().some((problem) => /partition \d waits for kafka: reading/.test(problem))
    // Well before kafkajs' own 30 s.
    await waitFor('it says so', says, { timeoutMs: 20_000 })
    const before = counts.ticks
    await waitFor('ticks', () => counts.ticks > before + 1, { timeoutMs: 30_000 })
    await line.set(null)
    await write(kafka, { topic: topics.enriched.name, partition: 0 }, [traced(1)])
    await waitFor('the second', () => handled.length === 2, { timeoutMs: 60_000 })
    await waitFor('no problem', () => sink.problems().length === 0, { timeoutMs: 60_000 })
    assert.deepEqual(handled, ['0', '1'])
  })

  it('stops ticking when its handler never returns, however lively its other partitions are', async () => {
    const never = Promise.withResolvers<void>()
    const others: number[] = []
    const { counts } = run(async ({ partition }) => {
      if (partition === 1) return never.promise
      others.push(partition)
    })
    await write(kafka, { topic: topics.enriched.name, partition: 1 }, [traced(0)])
    await waitFor('ticks end', async () => !(await ticksAgain(counts)), { timeoutMs: 60_000 })
    const before = counts.ticks
    for (const origin of [0, 1, 2]) {
      const so = others.length
      await write(kafka, { topic: topics.enriched.name, partition: 2 }, [traced(origin)])
      await waitFor('the other partition', () => others.length > so, { timeoutMs: 20_000 })
    }
    assert.equal(counts.ticks, before)
    never.resolve()
    await waitFor('ticks', () => counts.ticks > before, { timeoutMs: 20_000 })
  })

  function run(handle: (batch: SinkBatch) => Promise<void>): {
    readonly sink: RunningSink
    readonly counts: { ticks: number }
  } {
    const counts = { ticks: 0 }
    const positions = new Map<string, SinkPosition>()
    const placeOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`
    const sink = runSink(
      kafka,
      {
        group: uniqueName('sink'),
        topics: [topics.enriched],
        raw: topics.raw,
        sessionTimeoutMs: 6_000,
        open: async (at) => positions.get(placeOf(at)) ?? null,
        handle: async (batch) => {
          await handle(batch)
          positions.set(placeOf(batch), batch)
          return 'done'
        },
        tick: () => (counts.ticks += 1)
      },
      { log: silent, now: Date.now }
    )
    sinks.push(sink)
    return { sink, counts }
  }
})

/** Every lane waits 2.5 s for a record at most. */
async function ticksAgain(counts: { readonly ticks: number }): Promise<boolean> {
  const before = counts.ticks
  await new Promise((resolve) => setTimeout(resolve, 4_000))
  return counts.ticks > before
}

function traced(origin: number) {
  return { value: `${origin}`, headers: { origin_offset: `${origin}` } }
}
