import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { uniqueName, waitFor } from '@sluice/testkit'
import { RefusedError, UnavailableError } from '@sluice/events'
import type { Topics } from '@sluice/contracts'
import type { Kafka } from './client.ts'
import { runSink } from './sink.ts'
import { deleteBelow, openShared, readAll, silent, topicsOf, write, type Message } from './test-support.ts'
import { ensureTopics } from './topics.ts'
import type {
  Gap,
  Progress,
  RunningSink,
  SinkBatch,
  SinkGaps,
  SinkOptions,
  SinkPosition,
  TopicPartition
} from './types.ts'
import { watchLag } from './watch-lag.ts'

describe('a sink', () => {
  let kafka: Kafka
  let topics: Topics
  before(async () => {
    kafka = await openShared()
    topics = await ownTopics(kafka)
  })

  it('is given every record once, of both topics, and goes on where its store says', async () => {
    const store = new Store()
    const [enriched, dlq] = [
      { topic: topics.enriched.name, partition: 0 },
      { topic: topics.dlq.name, partition: 0 }
    ]
    await write(kafka, enriched, traced(0, 1, 3), { transactionalId: uniqueName('w') })
    await write(kafka, dlq, deadLetters(topics, 2, 4), { transactionalId: uniqueName('w') })
    const group = uniqueName('sink')
    const first = run(kafka, topics, store, { group })
    await waitFor('five records', () => store.values().length === 5, { timeoutMs: 10_000 })
    await first.stop()
    await write(kafka, enriched, traced(5))
    const second = run(kafka, topics, store, { group })
    await waitFor('six records', () => store.values().length === 6, { timeoutMs: 10_000 })
    await second.stop()
    assert.deepEqual(store.values(enriched.topic), ['0', '1', '3', '5'])
    assert.deepEqual(store.values(dlq.topic), ['2', '4'])
    for (const { topic } of [enriched, dlq]) {
      using watch = watchLag(kafka, group, topic)
      assert.deepEqual(
        (await watch.ask()).map(({ lag }) => lag),
        [0, 0, 0],
        topic
      )
    }
  })

  it('drops what was doubled, also across a restart, and counts it', async () => {
    const own = await ownTopics(kafka)
    const store = new Store()
    const at = { topic: own.enriched.name, partition: 1 }
    await write(kafka, at, traced(0, 1, 1, 2, 0))
    const first = run(kafka, own, store)
    await waitFor('three records', () => store.values(at.topic).length === 3, { timeoutMs: 10_000 })
    await write(kafka, at, traced(2, 3))
    await waitFor('the fourth', () => store.values(at.topic).length >= 4, { timeoutMs: 10_000 })
    await first.stop()
    await write(kafka, at, traced(3, 2, 4))
    const second = run(kafka, own, store)
    await waitFor('the fifth', () => store.values(at.topic).length === 5, { timeoutMs: 10_000 })
    await second.stop()
    assert.deepEqual(store.values(at.topic), ['0', '1', '2', '3', '4'])
    assert.equal(first.doubled() + second.doubled(), 5)
  })

  it('asks for its position again when the store holds another one, or is told to', async () => {
    const own = await ownTopics(kafka)
    const store = new Store()
    const at = { topic: own.enriched.name, partition: 2 }
    await write(kafka, at, traced(0, 1))
    const sink = run(kafka, own, store)
    await waitFor('two records', () => store.values(at.topic).length === 2, { timeoutMs: 10_000 })
    store.forget(at.topic, 2) // as after a FLUSHALL: only the next batch finds out
    await write(kafka, at, traced(2))
    await waitFor('three records', () => store.values(at.topic).length === 3, { timeoutMs: 10_000 })
    store.forget(at.topic, 2)
    sink.reopen(at.topic, 2)
    await waitFor('three records again', () => store.values(at.topic).length === 3, { timeoutMs: 10_000 })
    assert.deepEqual(store.values(at.topic), ['0', '1', '2'])
    await sink.stop()
  })

  it('waits while its store is away, in words, and gives the batch again', async () => {
    const own = await ownTopics(kafka)
    const store = new Store()
    await write(kafka, { topic: own.dlq.name, partition: 1 }, deadLetters(own, 0, 1))
    store.away = true
    const sink = run(kafka, own, store)
    await waitFor('the problem', () => sink.problems().includes('partition 1 waits for store: the store is away'), {
      timeoutMs: 10_000
    })
    store.away = false
    await waitFor('two records', () => store.values().length === 2, { timeoutMs: 10_000 })
    await waitFor('no problem', () => sink.problems().length === 0, { timeoutMs: 10_000 })
    await sink.stop()
  })

  it('goes on with every other partition while one waits, and while another is stuck', async () => {
    const own = await ownTopics(kafka, 6)
    const [enriched, dlq] = [own.enriched.name, own.dlq.name]
    const store = new Store()
    const stuck = Promise.withResolvers<'done'>()
    const sink = run(kafka, own, store, {
      handle: async (batch) => {
        const at = `${batch.topic}/${batch.partition}`
        if (at === `${enriched}/0`) throw new UnavailableError('store', 'not for this one')
        if (at === `${enriched}/1` && batch.records.some(({ value }) => String(value) === '9')) return stuck.promise
        return store.take(batch)
      }
    })
    const all = [enriched, dlq].flatMap((topic) => [0, 1, 2, 3, 4, 5].map((partition) => ({ topic, partition })))
    const isAt = (topic: string, partition: number) => (at: TopicPartition) =>
      at.topic === topic && at.partition === partition
    const others = all.filter((at) => !isAt(enriched, 0)(at))
    const goOn = async (places: typeof all, origin: number): Promise<void> => {
      for (const at of places) await write(kafka, at, at.topic === dlq ? deadLetters(own, origin) : traced(origin))
      for (const { topic, partition } of places) {
        const taken = () => store.values(`${topic}/${partition}`).at(-1) === `${origin}`
        await waitFor(`${topic}/${partition}, origin ${origin}`, taken, { timeoutMs: 30_000 })
      }
    }
    await write(kafka, { topic: enriched, partition: 0 }, traced(0))
    await waitFor('the problem', () => sink.problems().length > 0, { timeoutMs: 20_000 })
    for (const origin of [0, 1, 2]) await goOn(others, origin)
    await write(kafka, { topic: enriched, partition: 1 }, traced(9))
    for (const origin of [3, 4])
      await goOn(
        others.filter((at) => !isAt(enriched, 1)(at)),
        origin
      )
    const counts = all.map(({ topic, partition }) => store.values(`${topic}/${partition}`).length)
    assert.deepEqual(counts, [0, 3, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5])
    assert.match(sink.problems().join(), /partition 0 waits for store: not for this one/)
    stuck.resolve('done')
    await sink.stop()
  })

  it('may be read by two at once: the store takes each batch once', async () => {
    const own = await ownTopics(kafka)
    const store = new Store()
    const at = { topic: own.enriched.name, partition: 0 }
    const sinks = [run(kafka, own, store), run(kafka, own, store)] // two groups: neither knows of the other
    for (let i = 0; i < 200; i += 10) await write(kafka, at, traced(...Array.from({ length: 10 }, (_, j) => i + j)))
    await waitFor('all', () => store.values().length >= 200, { timeoutMs: 20_000 })
    assert.deepEqual(
      store.values(),
      Array.from({ length: 200 }, (_, i) => `${i}`)
    )
    await Promise.all(sinks.map((sink) => sink.stop()))
  })

  it('ends with what is lost when its position is not in the log any more', async () => {
    const own = await ownTopics(kafka)
    const store = new Store()
    const at = { topic: own.enriched.name, partition: 0 }
    await write(kafka, at, traced(0, 1, 2, 3))
    store.positions.set(`${at.topic}/0`, { next: 1n, origin: 0n })
    await deleteBelow(kafka, at.topic, 0, 3n)
    const sink = run(kafka, own, store)
    await assert.rejects(
      sink.done,
      (error) => error instanceof RefusedError && /2 records are lost, from offset 1 to 2/.test(error.message)
    )
  })

  it('goes on behind a gap that an operator names exactly, written down once, and refuses any other', async () => {
    const own = await ownTopics(kafka)
    const store = new Store()
    const at = { topic: own.enriched.name, partition: 0 }
    await write(kafka, at, traced(0, 1, 2, 3))
    store.positions.set(`${at.topic}/0`, { next: 1n, origin: 0n })
    await deleteBelow(kafka, at.topic, 0, 3n)
    const gap = { ...at, from: 1n, to: 2n }
    const other = run(kafka, own, store, { gaps: store.gaps(own, [{ ...gap, to: 3n }]) })
    await assert.rejects(ended(other), /set ACCEPT_GAP=\S+enriched\/0:1-2$/)
    // Dead between the dead letter and the position: the next life finds it written.
    const cut = run(kafka, own, store, {
      gaps: { ...store.gaps(own, [gap]), pass: async () => Promise.reject(new TypeError('dead')) }
    })
    await assert.rejects(ended(cut), /dead/)
    const sink = run(kafka, own, store, { gaps: store.gaps(own, [gap]) })
    await waitFor('the last record', () => store.values(at.topic).length === 1, { timeoutMs: 20_000 })
    await waitFor('the gap as a dead letter', () => store.values(own.dlq.name).length === 1, { timeoutMs: 20_000 })
    await sink.stop()
    assert.deepEqual(store.values(at.topic), ['3'])
    assert.equal(sink.doubled() + other.doubled() + cut.doubled(), 0, 'a gap here is no origin in the raw topic')
    const letters = await readAll(kafka, own.dlq.name, 0)
    assert.deepEqual(
      letters.map(({ headers }) =>
        [headers['dlq_reason'], headers['dlq_gap_from'], headers['dlq_origin_offset']].join()
      ),
      ['gap,1,2']
    )
  })

  it("gives what names an origin that the raw topic has not reached to its store as nobody's, and drops nothing for it", async () => {
    const own = await ownTopics(kafka)
    const store = new Store()
    const at = { topic: own.enriched.name, partition: 0 }
    await write(kafka, at, traced(0, 300, 9_000_000_000, 1), { transactionalId: uniqueName('foreign') })
    const first = run(kafka, own, store)
    await waitFor('four records', () => store.values(at.topic).length === 4, { timeoutMs: 10_000 })
    await first.stop()
    assert.deepEqual(store.positions.get(`${at.topic}/0`)?.origin, 1n)
    await write(kafka, { topic: own.raw.name, partition: 0 }, [{ value: '' }])
    await write(kafka, at, traced(2, 2, 300, 9_000_000_001))
    const second = run(kafka, own, store)
    await waitFor('three more', () => store.values(at.topic).length === 7, { timeoutMs: 10_000 })
    await second.stop()
    assert.deepEqual(store.origins, ['0', 'null', 'null', '1', '2', '300', 'null'])
    assert.equal(second.doubled(), 1)
  })

  it('reports no lag for what it does not read any more', async () => {
    const lags = new Map<string, number | null>()
    const sink = run(kafka, topics, new Store(), {
      onProgress: ({ topic, partition, lag }) => lags.set(`${topic}/${partition}`, lag)
    })
    await waitFor('every partition', () => lags.size === 6 && [...lags.values()].every((lag) => lag === 0), {
      timeoutMs: 10_000
    })
    await sink.stop()
    assert.deepEqual([...lags.values()], [null, null, null, null, null, null])
  })

  it('ends with a bug of its own', async () => {
    const sink = run(kafka, topics, new Store(), { open: async () => Promise.reject(new TypeError('a bug')) })
    await assert.rejects(sink.done, /a bug/)
  })
})

/** A store that saves position and records together, as Redis and the lake do. */
class Store {
  readonly positions = new Map<string, SinkPosition>()
  readonly records = new Map<string, string[]>()
  /** As they were told of, in the order of arrival. */
  readonly origins: string[] = []
  away = false

  take({ topic, partition, expected, records, next, origin }: SinkBatch): 'done' | 'reopen' {
    if (this.away) throw new UnavailableError('store', 'the store is away')
    const at = `${topic}/${partition}`
    if (this.positions.get(at)?.next !== expected?.next) return 'reopen'
    this.positions.set(at, { next, origin })
    this.origins.push(...records.map((record) => String(record.origin)))
    this.records.set(at, [...(this.records.get(at) ?? []), ...records.map(({ value }) => String(value))])
    return 'done'
  }

  forget(topic: string, partition: number): void {
    this.positions.delete(`${topic}/${partition}`)
    this.records.delete(`${topic}/${partition}`)
  }

  gaps(topics: Topics, accepted: readonly Gap[]): SinkGaps {
    const pass: SinkGaps['pass'] = async ({ topic, partition, to }, saved) => {
      this.positions.set(`${topic}/${partition}`, { next: to + 1n, origin: saved?.origin ?? -1n })
    }
    return { accepted, dlq: topics.dlq, service: { name: 'test', version: '9' }, pass }
  }

  values(topic = ''): string[] {
    return [...this.records].filter(([at]) => at.startsWith(topic)).flatMap(([, values]) => values)
  }
}

function run(
  kafka: Kafka,
  topics: Topics,
  store: Store,
  options: Partial<SinkOptions> = {}
): RunningSink & { doubled(): number } {
  let doubled = 0
  const sink = runSink(
    kafka,
    {
      group: uniqueName('sink'),
      topics: [topics.enriched, topics.dlq],
      raw: topics.raw,
      sessionTimeoutMs: 6_000,
      open: async ({ topic, partition }) => store.positions.get(`${topic}/${partition}`) ?? null,
      handle: async (batch) => store.take(batch),
      onProgress: (progress: Progress) => (doubled += progress.doubled),
      ...options
    },
    { log: silent, now: Date.now }
  )
  return { ...sink, doubled: () => doubled }
}

/** Its end, or that of a wait that is long enough. */
function ended(sink: RunningSink): Promise<void> {
  const timer = setTimeout(() => void sink.stop(), 20_000)
  return sink.done.finally(() => clearTimeout(timer))
}

function traced(...origins: number[]): Message[] {
  return origins.map((origin) => ({ value: `${origin}`, headers: { origin_offset: `${origin}` } }))
}

function deadLetters({ raw }: Topics, ...origins: number[]): Message[] {
  return origins.map((origin) => ({
    value: `${origin}`,
    headers: { dlq_reason: 'parse', dlq_origin_topic: raw.name, dlq_origin_offset: `${origin}` }
  }))
}

/** Topics of a test's own, the raw one so long that any origin here lies in it. */
async function ownTopics(kafka: Kafka, partitions = 3): Promise<Topics> {
  const topics = topicsOf({ partitions })
  await ensureTopics(kafka, topics, { log: silent, newId: () => 'one' })
  const filler = Array.from({ length: 300 }, () => ({ value: '' }))
  for (let partition = 0; partition < partitions; partition += 1)
    await write(kafka, { topic: topics.raw.name, partition }, filler)
  return topics
}
