import { setTimeout as sleep } from 'node:timers/promises'
import type { Contracts } from '@sluice/contracts'
import { repeatReason, type Log } from '@sluice/events'
import { openKafka, type Kafka } from '@sluice/kafka'
import type { StoreOptions, Views } from '@sluice/store'
import { createAccount } from './keep-account.ts'
import { createRates } from './count-rates.ts'
import { createDeadLetters } from './dead-letters.ts'
import { watchFlights } from './flights/watch-flights.ts'
import { followPlatform } from './follow-control.ts'
import { followRedis } from './follow-redis.ts'
import { judgeParts } from './judge-parts.ts'
import { readRefusals } from './read-launcher.ts'
import { RecentIds } from './recent-ids.ts'
import { tailTopics } from './tail-topics.ts'
import { createSnapshots } from './take-snapshot.ts'
import { createTakeRecord } from './take-records.ts'
import { watchLake, type WatchLakeDeps } from './watch-lake.ts'
import { watchReaders } from './watch-readers.ts'
import { watchServices, type ServiceAddress } from './watch-services.ts'
import type { LiveEvent } from './wire/live.ts'

export interface ModelOptions {
  readonly boot: string
  readonly contracts: Contracts
  readonly views: Views
  readonly services: readonly ServiceAddress[]
  readonly kafka: Parameters<typeof openKafka>[0]
  readonly redis: StoreOptions
  readonly lake: Pick<WatchLakeDeps, 'settings' | 'prefix' | 'workDir'>
  readonly enricherGroup: string
  /** The launcher’s file; null: it has none. */
  readonly launcherState: string | null
  readonly flushMs: number
  readonly backfillRecords: number
  readonly maxRecordsPerSecond: number
  readonly log: Log
  readonly now: () => number
  readonly signal: AbortSignal
  readonly tick: () => void
}

export type Model = ReturnType<typeof openModel>

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
  const account = createAccount(now, topics.raw.name)
  const flights = watchFlights()
  const listeners = new Set<(event: LiveEvent) => void>()
  const changes: (LiveEvent & { kind: 'change' })[] = []
  const rates = createRates(now)

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
  const { takeRecord, types } = createTakeRecord({
    account,
    letters,
    flights,
    recent,
    base: (partition) => tail.base[partition] ?? null,
    onEventTime: (ms) => platform.sawEvent(ms),
    // What was refused before the console started is no news.
    onLetter: (letter) => {
      if (letter.reason !== repeatReason && letter.atMs > startedMs) publish({ kind: 'letter', letter })
    }
  })
  const tail = tailTopics({
    kafka,
    topics,
    enricherGroup: options.enricherGroup,
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
    refusals: () => readRefusals(options.launcherState),
    stuckSinceMs: (name) => readers.stuckSinceMs(name),
    onChange: (box, from, to) => publish({ kind: 'change', atMs: now(), box, from, to: to.state, why: to.why })
  })
  const readers = watchReaders({
    topics,
    tail,
    now,
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
    writeRate: (role) => rates.of(role)
  })
  const parts = judgeParts({
    now,
    problems: { kafka: () => tail.problem(), redis: () => redis.problem(), s3: () => lake.problem() },
    onChange: (box, from, to, why) => publish({ kind: 'change', atMs: now(), box, from, to, why })
  })
  const snapshots = createSnapshots({
    boot,
    startedMs,
    topics,
    tail,
    account,
    rates,
    services,
    parts,
    readers,
    platform,
    letters,
    now
  })

  function publish(event: LiveEvent): void {
    if (event.kind === 'change') {
      changes.push(event)
      if (changes.length > maxChanges) changes.shift()
      log.info({ box: event.box, from: event.from, to: event.to, why: event.why }, 'a box has changed')
    }
    for (const listener of listeners) listener(event)
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
          lakeWork = null
        })
      }
      snapshots.take()
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
    snapshot: snapshots.newest,
    points: snapshots.points,
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
