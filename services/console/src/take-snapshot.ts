import type { Topics } from '@sluice/contracts'
import type { Rates } from './count-rates.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { followPlatform } from './follow-control.ts'
import { quantile } from './histogram.ts'
import type { judgeParts } from './judge-parts.ts'
import { behindOf, type createAccount } from './keep-account.ts'
import { sayState } from './say-state.ts'
import type { Tail, TailPartition } from './tail-topics.ts'
import type { watchReaders } from './watch-readers.ts'
import type { watchServices } from './watch-services.ts'
import type { Account, Point, Snapshot, Topic } from './wire/live.ts'

export interface SnapshotDeps {
  readonly boot: string
  readonly startedMs: number
  readonly topics: Topics
  readonly tail: Tail
  readonly account: ReturnType<typeof createAccount>
  readonly rates: Rates
  readonly services: ReturnType<typeof watchServices>
  readonly parts: ReturnType<typeof judgeParts>
  readonly readers: ReturnType<typeof watchReaders>
  readonly platform: ReturnType<typeof followPlatform>
  readonly letters: DeadLetters
  readonly now: () => number
}

const roles = ['raw', 'enriched', 'dlq'] as const
const pointMs = 2_000
const historyMs = 30 * 60_000

/** The state of everything at one moment, and its course over the last half hour. */
export function createSnapshots(deps: SnapshotDeps) {
  const { boot, startedMs, topics, tail, account, rates, services, parts, readers, platform, letters, now } = deps
  const points: Point[] = []
  let snapshot: Snapshot | null = null

  function topicOf(role: (typeof roles)[number]): Topic {
    const partitions: readonly TailPartition[] = tail[role]
    const known = partitions.every(({ end }) => end !== null)
    const oldest = Math.min(...partitions.map(({ oldestAtMs }) => oldestAtMs ?? Infinity))
    return {
      role,
      name: topics[role].name,
      partitions: partitions.length,
      retentionMs: topics[role].retentionMs,
      rate: rates.of(role),
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
      raw: rates.of('raw'),
      enriched: rates.of('enriched'),
      deadLetters: rates.of('deadLetters'),
      repeats: rates.of('repeats'),
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

  function noteRates(known: Account | null): void {
    // While the log cannot be read, its ends stand still for the console alone: that is no rate of 0.
    if (tail.problem() !== null) return
    rates.note(
      'raw',
      tail.raw.reduce((sum, { end }) => sum + Number(end), 0)
    )
    // What is read back from before the start is no rate.
    const isReadingBack = behindOf(tail) > 1_000 || now() - startedMs < 3_000
    if (isReadingBack) return rates.forget('enriched', 'dlq', 'deadLetters', 'repeats')
    for (const role of ['enriched', 'dlq'] as const)
      rates.note(
        role,
        tail[role].reduce((sum, { records }) => sum + records, 0)
      )
    rates.note('deadLetters', known?.deadLetters ?? null)
    rates.note('repeats', known?.repeats ?? null)
  }

  function take(): void {
    const known = account.read(tail, tail.samples.settled())
    noteRates(known)
    const shownSources = parts.sources()
    const boxes = [
      ...services.all.map((watched) => watched.box()),
      ...shownSources.map((source) => parts.box(source, source.name === 'kafka' ? rates.of('raw') : null))
    ]
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
        rate: rates.of('raw'),
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
      behind: behindOf(tail)
    }
  }

  return { take, newest: (): Snapshot | null => snapshot, points: (): readonly Point[] => points }
}

function finite(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : value
}
