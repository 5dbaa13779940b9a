import type { TopicSpec } from '@sluice/contracts'
import type { Kafka } from './client.ts'
import { OutOfRangeError } from './errors.ts'
import { isAccepted } from './gap.ts'
import { openOrigins } from './origin.ts'
import { openPartitionReader } from './partition-reader.ts'
import { createRetentionRisk } from './retention-risk.ts'
import { runGroup, type LaneContext } from './run-group.ts'
import { writeGap } from './write-gap.ts'
import type { Gap, RunDeps, RunningSink, SinkBatch, SinkGaps, SinkOptions, SinkPosition, SinkRecord } from './types.ts'

/**
 * Reads into a store that keeps its positions itself, saved together with what it was given. The group decides who
 * reads a partition and nothing else: a position is asked of the store before the first read and after every failure,
 * and a store that holds another one than expected answers 'reopen', so that two readers at once do no harm.
 */
export function runSink(kafka: Kafka, options: SinkOptions, deps: RunDeps): RunningSink {
  const { group, topics, sessionTimeoutMs, tick } = options
  const reopened = new Set<string>()
  const partitions = new Set(topics.map((topic) => topic.partitions))
  const [count] = partitions
  if (count === undefined || partitions.size > 1)
    throw new Error('the topics of a sink have the same number of partitions')
  const laneOf = (topic: TopicSpec) => (context: LaneContext) =>
    fill(kafka, options, topic, reopened, deps, context).finally(() => {
      const at = { topic: topic.name, partition: context.partition }
      options.onProgress?.({ ...at, lag: null, doubled: 0 })
      if (context.signal.aborted) options.onRisk?.(at, null)
    })
  const names = topics.map(({ name }) => name)
  const lanes = topics.map(laneOf)
  const running = runGroup(kafka, { group, topics: names, partitions: count, sessionTimeoutMs, lanes, tick }, deps)
  return { ...running, reopen: (topic, partition) => void reopened.add(`${topic}/${partition}`) }
}

/** One partition of one topic, until the lane must end. */
async function fill(
  kafka: Kafka,
  options: SinkOptions,
  { name: topic, ...spec }: TopicSpec,
  reopened: Set<string>,
  deps: RunDeps,
  context: LaneContext
): Promise<void> {
  const { partition, signal, own, show } = context
  const at = { topic, partition }
  const maxBytes = options.fetchBytes
  const reader = own(openPartitionReader(kafka, { ...at, signal, ...(maxBytes !== undefined && { maxBytes }) }))
  const risk = createRetentionRisk(spec, deps.now)
  const origins = own(openOrigins(kafka, { topic: options.raw.name, partition }, signal))
  while (!signal.aborted) {
    reopened.delete(`${topic}/${partition}`)
    let saved = await options.open(at, signal)
    context.tick()
    let next = saved?.next ?? (await reader.range()).start
    // The first answer comes at once, records or none: how much there is to read is known from then on.
    let waitMs: number | undefined = 0
    try {
      while (!signal.aborted && !reopened.has(`${topic}/${partition}`)) {
        const fetched = await reader.fetch(next, waitMs)
        waitMs = undefined
        options.onRisk?.(at, risk.unread(fetched, next))
        const { records, doubled, origin } = dropDoubled(await origins.of(fetched.records), saved?.origin ?? -1n)
        if (records.length > 0) {
          const batch: SinkBatch = { ...at, records, expected: saved, next: fetched.next, origin }
          if ((await options.handle(batch, signal)) === 'reopen') break
          saved = { next: fetched.next, origin }
        }
        next = fetched.next
        context.moving()
        show(topic, partition, next)
        options.onRisk?.(at, risk.read(fetched))
        options.onProgress?.({ ...at, lag: Number(fetched.lastStableOffset - next), doubled })
        context.tick()
      }
    } catch (error) {
      const gap = error instanceof OutOfRangeError ? error.gap : null
      if (gap === null || !options.gaps || !isAccepted(gap, options.gaps.accepted)) throw error
      await passGap(kafka, options.gaps, gap, saved, deps, signal)
      context.tick()
    }
  }
}

/** Written down first: a gap that is passed by leaves nothing else behind. */
async function passGap(
  kafka: Kafka,
  { dlq, service, pass }: SinkGaps,
  gap: Gap,
  saved: SinkPosition | null,
  deps: RunDeps,
  signal: AbortSignal
): Promise<void> {
  await writeGap(kafka, dlq, gap, service, deps)
  await pass(gap, saved, signal)
  const { topic, partition, from, to } = gap
  deps.log.warn({ topic, partition, from: String(from), to: String(to) }, 'gap accepted')
}

interface Undoubled extends Pick<SinkPosition, 'origin'> {
  readonly records: readonly SinkRecord[]
  readonly doubled: number
}

/**
 * Raw offsets only ever grow along an output partition. A record at or below the last one came twice: read_committed
 * leaked, or a broker lost the marker of a transaction that was then done again.
 */
function dropDoubled(records: readonly SinkRecord[], after: bigint): Undoubled {
  let origin = after
  const kept = records.filter(({ origin: own }) => {
    if (own === null) return true // written by somebody else: the sink decides
    if (own <= origin) return false
    origin = own
    return true
  })
  return { records: kept, doubled: records.length - kept.length, origin }
}
