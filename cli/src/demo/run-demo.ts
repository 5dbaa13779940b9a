import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadContracts } from '@sluice/contracts'
import { openKafka } from '@sluice/kafka'
import { openLakeReader, openObjectStore } from '@sluice/lake'
import { openReader } from '@sluice/store'
import { repoRoot, stateDir } from '@sluice/testkit'
import { createFigures } from '../figures.ts'
import { silentLog } from '../json-log.ts'
import { fetchMetrics } from '../metrics-text.ts'
import { startPlatform, type Platform, type Supervised } from '../start-platform.ts'
import { balance, type Balance } from './balance.ts'
import { openCollectorClient } from './collector-client.ts'
import { countLake, countStore, scorePredictions, type Score, type StoreTally } from './count-stores.ts'
import { expectedEvents, type Counts } from './expected-events.ts'
import { demoSource, injectedEvents } from './injected-events.ts'
import type { Period } from './period.ts'
import { sendInjected, type Sent } from './send-injected.ts'
import { tallyTopics, type TopicTally } from './tally-topics.ts'

export interface DemoOptions {
  readonly period: Period
  readonly keep: boolean
  readonly onChange: (supervised: Supervised) => void
  readonly say: (id: string, line: string) => void
  readonly signal: AbortSignal
}

export interface DemoResult {
  readonly period: Period
  readonly dataDir: string
  readonly balance: Balance
  readonly reasons: Counts
  readonly sent: readonly Sent[]
  readonly store: StoreTally
  readonly scores: readonly Score[]
  readonly speed: Speed
}

interface Speed {
  readonly startedInSeconds: number
  readonly events: number
  /** From the first record in raw to the last one there, by the broker's clock. */
  readonly acceptSeconds: number
  /** From the first record in raw to the last output of the enricher. */
  readonly enrichSeconds: number
  /** From there until the last row was in the lake and in Redis, as seen by looking every half second. */
  readonly landSeconds: number
  readonly eventsPerSecond: number
}

/** Replays a period on a platform of its own, sends the fixed list beside it, waits until all has landed, and looks. */
export async function runDemo({ period, keep, onChange, say, signal }: DemoOptions): Promise<DemoResult> {
  const dataDir = join(stateDir, `demo-${process.pid}-${randomUUID().slice(0, 4)}`)
  const work = join(dataDir, 'demo')
  mkdirSync(work, { recursive: true })
  say('expected', 'counting what 2013 holds')
  const expected = await expectedEvents(join(repoRoot, 'data'), work, period)
  const producer = { FROM: period.from, TO: period.to, SPEED: 'max' }
  const began = performance.now()
  const platform = await startPlatform({
    dataDir,
    ports: 'free',
    env: { 'flight-producer': producer, 'weather-producer': producer, 'batch-loader': { FLUSH_MS: '5000' } },
    onChange,
    say
  })
  try {
    const startedInSeconds = (performance.now() - began) / 1000
    signal.addEventListener('abort', () => void platform.stop(), { once: true })
    signal.throwIfAborted()
    return {
      ...(await replayAndLook(platform, { period, expected, work, startedInSeconds, say, signal })),
      dataDir,
      period
    }
  } finally {
    await platform.stop()
    if (!keep) rmSync(dataDir, { recursive: true, force: true })
  }
}

interface Run {
  readonly period: Period
  readonly expected: Counts
  readonly work: string
  readonly startedInSeconds: number
  readonly say: DemoOptions['say']
  readonly signal: AbortSignal
}

async function replayAndLook(platform: Platform, run: Run): Promise<Omit<DemoResult, 'dataDir' | 'period'>> {
  const { period, expected, work, say, signal } = run
  await using stack = new AsyncDisposableStack()
  const { s3, redis, apiKeys } = platform.credentials()
  const contracts = await loadContracts(join(repoRoot, 'schemas'))
  const brokers = [platform.address('kafka', 19092)]
  const kafka = openKafka({ brokers, clientId: 'demo', tls: null, sasl: null }, { log: silentLog })
  const store = stack.use(await openReader({ url: redis.url, password: redis.password }))
  const objects = openObjectStore({
    endpoint: s3.endpoint,
    region: s3.region,
    forcePathStyle: true,
    bucket: s3.bucket,
    credentials: s3
  })
  stack.defer(() => objects.close())
  const lake = stack.use(
    openLakeReader({ store: objects, prefix: 'bronze', workDir: work, log: silentLog, now: Date.now })
  )
  const collector = stack.use(
    openCollectorClient({
      rest: platform.address('collector', 8080),
      grpc: platform.address('collector', 8081),
      apiKey: apiKeys['demo'] ?? '',
      protoDir: join(repoRoot, 'proto')
    })
  )

  say('replay', `${total(expected).toLocaleString('en-US')} events of ${period.from} to ${period.to}`)
  const sent = await sendInjected(injectedEvents(period), {
    collector,
    kafka,
    raw: contracts.topics.raw,
    log: silentLog
  })
  await untilReplayed(platform, total(expected), { say, signal })

  const look = async () => {
    const topics = await tallyTopics(kafka, contracts.topics, demoSource)
    const accepted = await acceptedByType(platform)
    const [rows, shown] = [await countLake(lake, contracts), await countStore(store)]
    const seen = { expected, accepted, sent, topics, lake: rows, store: shown }
    return { topics, store: shown, balance: balance(seen) }
  }
  const found = await untilLanded(look, { say, signal })
  const landedMs = Date.now()
  const scores = await scorePredictions(lake, { dataDir: join(repoRoot, 'data'), modelsDir: join(repoRoot, 'models') })
  return {
    balance: found.balance,
    reasons: found.topics.reasons,
    sent,
    store: found.store,
    scores,
    speed: speedOf(found.topics, found.balance.total.raw, landedMs, run.startedInSeconds)
  }
}

interface Waiting {
  readonly say: DemoOptions['say']
  readonly signal: AbortSignal
}

/** Nothing moving for so long means that nothing will. */
const standstillMs = 60_000

/** Waits until the producers have sent everything and the enricher has read everything. */
async function untilReplayed(platform: Platform, events: number, { say, signal }: Waiting): Promise<void> {
  const services = ['collector', 'enricher', 'batch-loader', 'realtime-loader']
  const readFigures = createFigures(services.map((service) => ({ service, port: platform.adminPort(service) })))
  let [last, movedAt] = ['', performance.now()]
  while (performance.now() - movedAt < standstillMs) {
    signal.throwIfAborted()
    const { accepted, enriched, deadLettered, repeats, rows } = await readFigures()
    const done = enriched + deadLettered + repeats
    if (accepted >= events && done >= accepted) return
    const now = `${accepted} accepted, ${enriched} enriched, ${deadLettered} dead, ${repeats} repeats, ${rows} rows`
    if (now !== last) movedAt = performance.now()
    last = now
    say('replay', now)
    await sleep(500)
  }
}

/** Looks until everything agrees, or nothing has changed for long. */
async function untilLanded<T extends { readonly balance: Balance }>(
  look: () => Promise<T>,
  { say, signal }: Waiting
): Promise<T> {
  let [last, movedAt] = ['', performance.now()]
  for (;;) {
    signal.throwIfAborted()
    const found = await look()
    const { problems, rows } = found.balance
    if (problems.length === 0) return found
    const now = JSON.stringify([rows, problems])
    if (now !== last) movedAt = performance.now()
    last = now
    if (performance.now() - movedAt > standstillMs) return found
    say('landing', `${problems.length} sums do not agree yet`)
    await sleep(500)
  }
}

async function acceptedByType(platform: Platform): Promise<Counts> {
  const samples = await fetchMetrics(platform.adminPort('collector'))
  const sent = samples.filter(({ name }) => name === 'sluice_sent_total')
  return Object.fromEntries(sent.map(({ labels, value }) => [labels['type'] ?? '', value]))
}

function speedOf(topics: TopicTally, events: number, landedMs: number, startedInSeconds: number): Speed {
  const { firstRawMs, lastRawMs, lastOutputMs } = topics
  const enrichSeconds = (lastOutputMs - firstRawMs) / 1000
  return {
    startedInSeconds,
    events,
    acceptSeconds: (lastRawMs - firstRawMs) / 1000,
    enrichSeconds,
    landSeconds: (landedMs - firstRawMs) / 1000,
    eventsPerSecond: Math.round(events / enrichSeconds)
  }
}

function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
