import { setTimeout as sleep } from 'node:timers/promises'
import { header, UnavailableError, type KafkaRecord, type Log } from '@sluice/events'
import type { Topics, TopicSpec } from '@sluice/contracts'
import { openPartitionReader, OutOfRangeError, type Kafka, type PartitionReader } from '@sluice/kafka'
import { followRaw, type RawSamples } from './follow-raw.ts'
import { createOffsetTimes, type OffsetTimes } from './offset-times.ts'
import { createBudget, type Budget } from './pace-reads.ts'
import { createRecentRecords, type RecentRecords } from './recent-records.ts'

export interface TailDeps {
  readonly kafka: Kafka
  readonly topics: Topics
  readonly enricherGroup: string
  readonly log: Log
  readonly now: () => number
  readonly signal: AbortSignal
  /** Raw records from before the start that are counted, over all partitions. */
  readonly backfillRecords: number
  readonly maxRecordsPerSecond: number
  /** Each data record of the enriched and the dlq topic, in order within its partition. */
  readonly onRecord: (role: 'enriched' | 'dlq', record: KafkaRecord) => void
  /** What was counted before holds no longer: the position was lost, or too far behind. */
  readonly onRestart: (partition: number) => void
}

/** What is known of one partition of one topic. */
export interface TailPartition {
  readonly partition: number
  /** First offset that is kept; null: not asked yet. */
  start: bigint | null
  /** Next offset that will be written and decided. */
  end: bigint | null
  /** Next offset that the console reads; raw: the same as end. */
  next: bigint | null
  readonly times: OffsetTimes
  /** Of the outputs; the raw topic is not read. */
  readonly recent: RecentRecords
  /** Records and value bytes read. */
  records: number
  bytes: number
  /** Age in ms epoch of the first record that is kept, asked for now and then. */
  oldestAtMs: number | null
  problem: string | null
}

export interface Tail {
  readonly raw: readonly TailPartition[]
  readonly enriched: readonly TailPartition[]
  readonly dlq: readonly TailPartition[]
  readonly samples: RawSamples
  /** Raw offset at which counting begins, by partition; null: not known yet. */
  readonly base: (bigint | null)[]
  /** Whether counting begins at the start of the log. */
  isWhole(): boolean
  /** Why Kafka cannot be read; null: it can. */
  problem(): string | null
  readonly done: Promise<void>
}

/** Pause after each fetch: at a high rate records come in few large answers instead of many small ones. */
const pauseMs = 250
const longPollMs = 2_000
const hopelesslyBehind = 300_000n

/** Follows the topics for as long as the signal allows. The one reader of Kafka, whatever the number of open pages. */
export function tailTopics(deps: TailDeps): Tail {
  const { topics, now, signal } = deps
  const budget = createBudget(deps.maxRecordsPerSecond, now)
  const base: (bigint | null)[] = Array.from({ length: topics.raw.partitions }, () => null)
  const raw = partitionsOf(topics.raw)
  const enriched = partitionsOf(topics.enriched)
  const dlq = partitionsOf(topics.dlq)
  const rawStart: (bigint | null)[] = base.map(() => null)
  const based = base.map(() => Promise.withResolvers<void>())
  const loops: Promise<void>[] = []
  const samples = followRaw(deps, raw, (p, start, end) => {
    if (base[p] !== null) return
    const back = BigInt(Math.floor(deps.backfillRecords / base.length))
    base[p] = end - back > start ? end - back : start
    rawStart[p] = start
    based[p]?.resolve()
  })

  for (const [p] of base.entries()) {
    for (const [role, at] of [
      ['enriched', enriched[p]!],
      ['dlq', dlq[p]!]
    ] as const) {
      loops.push(
        based[p]!.promise.then(() =>
          followOutput(deps, role, at, {
            budget,
            // Each raw record has one output record, and each transaction at most one marker besides.
            back: () => (raw[p]!.end! - base[p]!) * 2n + 1_000n,
            onRestart: () => {
              base[p] = raw[p]!.end
              deps.onRestart(p)
            }
          })
        )
      )
    }
    signal.addEventListener('abort', () => based[p]!.resolve(), { once: true })
  }
  const all = [...raw, ...enriched, ...dlq]
  return {
    raw,
    enriched,
    dlq,
    samples,
    base,
    isWhole: () => base.every((offset, p) => offset !== null && offset === rawStart[p]),
    problem: () => all.find(({ problem }) => problem !== null)?.problem ?? null,
    done: Promise.all([samples.done, ...loops]).then(() => undefined)
  }
}

function partitionsOf({ partitions }: TopicSpec): TailPartition[] {
  return Array.from({ length: partitions }, (_, partition) => emptyPartition(partition))
}

function emptyPartition(partition: number): TailPartition {
  return {
    partition,
    start: null,
    end: null,
    next: null,
    times: createOffsetTimes(),
    recent: createRecentRecords(),
    records: 0,
    bytes: 0,
    oldestAtMs: null,
    problem: 'not read yet'
  }
}

interface OutputOptions {
  readonly budget: Budget
  readonly back: () => bigint
  readonly onRestart: () => void
}

async function followOutput(
  deps: TailDeps,
  role: 'enriched' | 'dlq',
  at: TailPartition,
  { budget, back, onRestart }: OutputOptions
): Promise<void> {
  const { kafka, topics, signal, onRecord } = deps
  const reader = openPartitionReader(kafka, {
    topic: topics[role].name,
    partition: at.partition,
    maxWaitMs: longPollMs,
    maxBytes: 512 * 1024
  })
  await untilStopped(deps, reader, at, async () => {
    if (at.next === null) {
      const { start, end } = await reader.range()
      at.start = start
      at.end = end
      at.next = end - back() > start ? end - back() : start
      at.oldestAtMs = start < end ? await timeAt(reader, start) : null
    }
    const asked = at.next
    try {
      const { records, next, lastStableOffset, logStartOffset } = await reader.fetch(asked)
      if (at.start !== logStartOffset) at.oldestAtMs = records[0]?.timestampMs ?? at.oldestAtMs
      at.start = logStartOffset
      at.end = lastStableOffset
      at.oldestAtMs ??= records[0]?.timestampMs ?? null
      for (const record of records) {
        at.records++
        at.bytes += record.value?.length ?? 0
        at.times.add(record.offset, record.timestampMs)
        at.recent.add(record.offset, record.timestampMs, record.headers[header.eventType]?.toString() ?? '')
        onRecord(role, record)
      }
      at.next = next
      // What comes next is no older than this moment.
      if (next >= lastStableOffset) at.times.add(next, deps.now())
      if (lastStableOffset - next > hopelesslyBehind) {
        at.next = lastStableOffset
        onRestart()
      }
      await budget.spend(records.length, signal)
    } catch (error) {
      if (!(error instanceof OutOfRangeError)) throw error
      at.next = null
      onRestart()
    }
    await sleep(pauseMs, undefined, { signal })
  })
}

/** Goes on after every trouble with the broker, and says what it was meanwhile. */
async function untilStopped(
  { signal, log }: TailDeps,
  reader: PartitionReader,
  at: TailPartition,
  step: () => Promise<void>
): Promise<void> {
  const close = () => reader.close()
  signal.addEventListener('abort', close, { once: true })
  for (let failures = 0; !signal.aborted;) {
    try {
      await step()
      failures = 0
      at.problem = null
    } catch (error) {
      if (signal.aborted) break
      if (!(error instanceof UnavailableError)) throw error
      at.problem = error.message
      failures++
      if (failures === 1) log.debug({ reason: error.message }, 'kafka cannot be read')
      await sleep(Math.min(3_000, 200 * 2 ** failures), undefined, { signal }).catch(() => undefined)
    }
  }
  reader.close()
}

async function timeAt(reader: PartitionReader, offset: bigint): Promise<number | null> {
  const { records } = await reader.fetch(offset)
  return records[0]?.timestampMs ?? null
}
