import { setTimeout as sleep } from 'node:timers/promises'
import type { Contracts } from '@sluice/contracts'
import { header, type KafkaRecord, type Log } from '@sluice/events'
import { openKafka, type Kafka } from '@sluice/kafka'
import type { StoreOptions, Views } from '@sluice/store'
import { createAccount, behindOf } from './keep-account.ts'
import { createDeadLetters } from './dead-letters.ts'
import { watchFlights } from './flights/watch-flights.ts'
import { followPlatform } from './follow-control.ts'
import { followRedis } from './follow-redis.ts'
import { quantile } from './histogram.ts'
import { RecentIds } from './recent-ids.ts'
import { sayState } from './say-state.ts'
import { originOf, tailTopics, type TailPartition } from './tail-topics.ts'
import { eventOf } from './trace/find-event.ts'
import { watchLake, type WatchLakeDeps } from './watch-lake.ts'
import { watchReaders } from './watch-readers.ts'
import { watchServices, type ServiceAddress } from './watch-services.ts'
import type { Box, LiveEvent, Point, Snapshot, Source, StateWord, Topic } from './wire.ts'

export interface ModelOptions {
  readonly boot: string
  readonly contracts: Contracts
  readonly views: Views
  readonly services: readonly ServiceAddress[]
  readonly kafka: Parameters<typeof openKafka>[0]
  readonly redis: StoreOptions
  readonly lake: Pick<WatchLakeDeps, 'settings' | 'prefix' | 'workDir'>
  readonly enricherGroup: string
  readonly flushMs: number
  readonly backfillRecords: number
  readonly maxRecordsPerSecond: number
  readonly log: Log
  readonly now: () => number
  readonly signal: AbortSignal
  readonly tick: () => void
}

export type Model = ReturnType<typeof openModel>

const roles = ['raw', 'enriched', 'dlq'] as const
const pointMs = 2_000
const historyMs = 30 * 60_000
const lakeEveryMs = 3_000
const maxChanges = 200

/** Everything that the console knows, kept up to date from its sources; any of them may be away. */
export function openModel(options: ModelOptions) {
  const { boot, contracts, services: addresses, log, now, signal } = options
  const { topics } = contracts
  const startedMs = now()
  const kafka: Kafka = openKafka(options.kafka, { log })
  const recent = new RecentIds(50_000)
  const letters = createDeadLetters(now)
  const account = createAccount(now)
  const flights = watchFlights()
  const types = new Map<string, { seen: number; lastMs: number; producers: Set<string> }>()
  const listeners = new Set<(event: LiveEvent) => void>()
  const changes: (LiveEvent & { kind: 'change' })[] = []
  const points: Point[] = []
  const rates = new Map<string, { atMs: number; count: number }[]>()
  const versions = { flights: 0, letters: 0, storage: 0 }
  const sourceSince = new Map<string, { problem: boolean; sinceMs: number; word: StateWord }>()

  const platform = followPlatform({ kafka, control: topics.control, now, signal })
  const redis = followRedis(options.redis, { now, signal })
  const lake = watchLake({
    ...options.lake,
    log,
    now,
    tables: [
      ...contracts.all.map(({ table, title }) => ({ name: table, title })),
      { name: 'dead_letters', title: 'Dead letters' }
    ]
  })
  const tail = tailTopics({
    kafka,
    topics,
    log,
    now,
    signal,
    backfillRecords: options.backfillRecords,
    maxRecordsPerSecond: options.maxRecordsPerSecond,
    onRecord: takeRecord,
    onRestart: (partition) => account.restart(partition)
  })
  const services = watchServices({
    services: addresses,
    now,
    stuckSinceMs: (name) => readers.stuckSinceMs(name),
    onChange: (box, from, to) => publish({ kind: 'change', atMs: now(), box, from, to: to.state, why: to.why })
  })
  const readers = watchReaders({
    kafka,
    topics,
    tail,
    now,
    enricherGroup: options.enricherGroup,
    flushMs: options.flushMs,
    redisPositions: async () => {
      const reader = redis.reader()
      const incarnation = platform.incarnation(topics.enriched.name)
      if (reader === null || incarnation === null) return null
      const positions = await reader.positions({ topic: topics.enriched.name, incarnation })
      return new Map([...positions].map(([partition, { next }]) => [partition, next]))
    },
    tablePosition: (topic, type, partition) => {
      const table = topic === topics.dlq.name ? 'dead_letters' : contracts.byType(type)?.table
      return table === undefined ? null : lake.positionIn(table, topic, platform.incarnation(topic) ?? '', partition)
    },
    lakePositions: (topic) => {
      const incarnation = platform.incarnation(topic)
      return incarnation === null || lake.problem() !== null ? null : lake.positions(topic, incarnation)
    },
    writeRate: (role) => rateOf(role)
  })
  let snapshot: Snapshot | null = null

  function publish(event: LiveEvent): void {
    if (event.kind === 'change') {
      changes.push(event)
      if (changes.length > maxChanges) changes.shift()
      log.info({ box: event.box, from: event.from, to: event.to, why: event.why }, 'a box has changed')
    }
    for (const listener of listeners) listener(event)
  }

  function takeRecord(role: 'enriched' | 'dlq', record: KafkaRecord): void {
    account.count(role, record, tail.base[record.partition] ?? null)
    if (role === 'dlq') {
      const letter = letters.add(record)
      versions.letters++
      if (letter.eventId !== null) remember(letter.eventId, role, record, letter.type)
      // What was refused before the console started is no news.
      if (letter.reason !== 'repeat' && letter.atMs > startedMs) publish({ kind: 'letter', letter })
      return
    }
    letters.event(record.timestampMs)
    const event = eventOf(record)
    if (event === null) return
    const type = record.headers[header.eventType]?.toString() ?? String(event['type'])
    remember(String(event['id']), role, record, type)
    noteType(type, event, record.timestampMs)
    const data = event['data']
    if (typeof data === 'object' && data !== null) {
      flights.take(type, data as Record<string, unknown>)
      versions.flights++
    }
    const time = Date.parse(String(event['time']))
    if (!Number.isNaN(time)) platform.sawEvent(time)
  }

  function remember(id: string, role: 'enriched' | 'dlq', record: KafkaRecord, type: string | null): void {
    recent.add(id, {
      partition: record.partition,
      rawOffset: originOf(role, record),
      role,
      offset: record.offset,
      type,
      timestampMs: record.timestampMs
    })
  }

  function noteType(type: string, event: Readonly<Record<string, unknown>>, atMs: number): void {
    const known = types.get(type) ?? { seen: 0, lastMs: 0, producers: new Set<string>() }
    known.seen++
    known.lastMs = Math.max(known.lastMs, atMs)
    if (typeof event['sourceid'] === 'string' && known.producers.size < 20) known.producers.add(event['sourceid'])
    types.set(type, known)
  }

  /** Appended records per second over 10 s. */
  function rateOf(key: string): number | null {
    const samples = rates.get(key) ?? []
    const first = samples[0]
    const last = samples.at(-1)
    if (first === undefined || last === undefined || last.atMs - first.atMs < 1_500) return null
    return Math.max(0, ((last.count - first.count) * 1_000) / (last.atMs - first.atMs))
  }

  function noteRate(key: string, count: number | null): void {
    if (count === null) return
    const samples = rates.get(key) ?? []
    if ((samples.at(-1)?.count ?? 0) > count) samples.length = 0
    samples.push({ atMs: now(), count })
    while ((samples[0]?.atMs ?? 0) < now() - 10_500) samples.shift()
    rates.set(key, samples)
  }

  function sources(): Source[] {
    return [
      { name: 'kafka' as const, problem: tail.problem(), sinceMs: 0 },
      { name: 'redis' as const, problem: redis.problem(), sinceMs: 0 },
      { name: 's3' as const, problem: lake.problem(), sinceMs: 0 }
    ].map((source) => {
      const known = sourceSince.get(source.name)
      const isBad = source.problem !== null
      if (known === undefined || known.problem !== isBad)
        sourceSince.set(source.name, { problem: isBad, sinceMs: now(), word: 'unknown' })
      return { ...source, sinceMs: sourceSince.get(source.name)!.sinceMs }
    })
  }

  /** Third-party parts are judged by whether the console can read them. */
  function partBox({ name, problem, sinceMs }: Source): Box {
    const isStarting = problem !== null && now() - startedMs < 60_000
    const state: StateWord = problem === null ? 'ready' : isStarting ? 'waiting' : 'down'
    const known = sourceSince.get(name)!
    if (known.word !== state) {
      if (known.word !== 'unknown')
        publish({ kind: 'change', atMs: now(), box: name, from: known.word, to: state, why: problem ?? '' })
      known.word = state
    }
    const rate = name === 'kafka' ? rateOf('raw') : null
    return {
      name,
      kind: 'part',
      state,
      why: problem ?? '',
      sinceMs,
      rate,
      p50: null,
      p99: null,
      step: null,
      ceiling: null,
      rejectedPerMinute: null,
      version: null,
      answeredMs: problem === null ? now() : null
    }
  }

  function topicOf(role: (typeof roles)[number]): Topic {
    const partitions: readonly TailPartition[] = tail[role]
    const known = partitions.every(({ end }) => end !== null)
    const oldest = Math.min(...partitions.map(({ oldestAtMs }) => oldestAtMs ?? Infinity))
    return {
      role,
      name: topics[role].name,
      partitions: partitions.length,
      retentionMs: topics[role].retentionMs,
      rate: rateOf(role),
      oldestMs: Number.isFinite(oldest) ? Math.max(0, now() - oldest) : null,
      records: known ? partitions.reduce((sum, { start, end }) => sum + Number(end! - start!), 0) : null,
      readers: readers.shown().filter(({ topic }) => topic === topics[role].name)
    }
  }

  function takePoint(): Point {
    const lakeSeen = latencyOf('batch-loader')
    const redisSeen = latencyOf('realtime-loader')
    return {
      t: Math.floor(now() / 1_000),
      raw: rateOf('raw'),
      enriched: rateOf('enriched'),
      deadLetters: rateOf('deadLetters'),
      repeats: rateOf('repeats'),
      redisP50: finite(quantile(redisSeen, 0.5)),
      redisP99: finite(quantile(redisSeen, 0.99)),
      lakeP50: finite(quantile(lakeSeen, 0.5)),
      lakeP99: finite(quantile(lakeSeen, 0.99))
    }
  }

  function latencyOf(name: string) {
    const watched = services.find(name)
    const step = watched?.box().step
    return watched === undefined || step === null || step === undefined
      ? []
      : watched.figures.observed(`latency ${step}`)
  }

  function takeSnapshot(): void {
    const known = account.read(tail, readers.settled())
    noteRate(
      'raw',
      tail.raw.every(({ end }) => end !== null) ? tail.raw.reduce((sum, { end }) => sum + Number(end), 0) : null
    )
    // What is read back from before the start is no rate.
    const isReadingBack = behindOf(tail) > 1_000 || now() - startedMs < 3_000
    if (isReadingBack) for (const key of ['enriched', 'dlq', 'deadLetters', 'repeats']) rates.delete(key)
    else {
      noteRate(
        'enriched',
        tail.enriched.reduce((sum, { records }) => sum + records, 0)
      )
      noteRate(
        'dlq',
        tail.dlq.reduce((sum, { records }) => sum + records, 0)
      )
      noteRate('deadLetters', known?.deadLetters ?? null)
      noteRate('repeats', known?.repeats ?? null)
    }
    const shownSources = sources()
    const boxes = [...services.all.map((watched) => watched.box()), ...shownSources.map(partBox)]
    const isPoint = (points.at(-1)?.t ?? 0) * 1_000 <= now() - pointMs
    if (isPoint && tail.problem() === null) {
      points.push(takePoint())
      while ((points[0]?.t ?? 0) * 1_000 < now() - historyMs) points.shift()
    }
    const clock = platform.clock()
    const shownReaders = readers.shown()
    snapshot = {
      boot,
      atMs: now(),
      startedMs,
      ...sayState({
        boxes,
        account: known,
        readers: shownReaders,
        clock,
        rate: rateOf('raw'),
        nowMs: now(),
        sources: shownSources
      }),
      boxes,
      account: known,
      topics: roles.map(topicOf),
      clock,
      sources: shownSources,
      point: points.at(-1) ?? null,
      deadLettersLastHour: letters.lastHour(),
      behind: behindOf(tail),
      versions: { ...versions }
    }
  }

  async function everySecond(): Promise<void> {
    let lakeAtMs = 0
    let lakeWork: Promise<void> | null = null
    while (!signal.aborted) {
      const began = now()
      await Promise.all([services.ask(), readers.ask()])
      redis.check()
      if (lakeWork === null && now() - lakeAtMs > lakeEveryMs) {
        lakeAtMs = now()
        lakeWork = lake.refresh().finally(() => {
          versions.storage++
          lakeWork = null
        })
      }
      takeSnapshot()
      options.tick()
      await sleep(Math.max(100, 1_000 - (now() - began)), undefined, { signal }).catch(() => undefined)
    }
    await lakeWork
  }

  return {
    kafka,
    tail,
    lake,
    recent,
    letters,
    flights,
    readers,
    redis,
    platform,
    types,
    services,
    snapshot: (): Snapshot | null => snapshot,
    points: (): readonly Point[] => points,
    changes: (): readonly LiveEvent[] => changes,
    onEvent: (listener: (event: LiveEvent) => void): void => void listeners.add(listener),
    /** Settles when every loop has ended, after the signal; rejects with a bug of ours. */
    done: Promise.all([everySecond(), tail.done, platform.done, redis.opened]).then(() => undefined),
    async [Symbol.asyncDispose](): Promise<void> {
      await redis[Symbol.asyncDispose]()
      await lake[Symbol.asyncDispose]()
    }
  }
}

function finite(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : value
}
