import { header, type KafkaRecord } from '@sluice/events'
import type { Kafka } from './client.ts'
import { openPartitionReader } from './partition-reader.ts'
import { runGroup, type LaneContext } from './run-group.ts'
import { parseOffset } from './tail.ts'
import type { RunDeps, RunningSink, SinkBatch, SinkOptions, SinkPosition } from './types.ts'

/**
 * Reads into a store that keeps its positions itself, saved together with what it was given. The group decides who
 * reads a partition and nothing else: a position is asked of the store before the first read and after every failure,
 * and a store that holds another one than expected answers 'reopen', so that two readers at once do no harm.
 */
export function runSink(kafka: Kafka, options: SinkOptions, { log }: Pick<RunDeps, 'log'>): RunningSink {
  const { group, topics, sessionTimeoutMs, tick } = options
  const reopened = new Set<string>()
  const partitions = new Set(topics.map((topic) => topic.partitions))
  const [count] = partitions
  if (count === undefined || partitions.size > 1)
    throw new Error('the topics of a sink have the same number of partitions')
  const laneOf = (topic: string) => (context: LaneContext) =>
    fill(kafka, options, topic, reopened, context).finally(() =>
      options.onProgress?.({ topic, partition: context.partition, lag: null, doubled: 0 })
    )
  const names = topics.map(({ name }) => name)
  const lanes = names.map(laneOf)
  const running = runGroup(kafka, { group, topics: names, partitions: count, sessionTimeoutMs, lanes, tick }, { log })
  return { ...running, reopen: (topic, partition) => void reopened.add(`${topic}/${partition}`) }
}

/** One partition of one topic, until the lane must end. */
async function fill(
  kafka: Kafka,
  options: SinkOptions,
  topic: string,
  reopened: Set<string>,
  context: LaneContext
): Promise<void> {
  const { partition, signal, own, show } = context
  const at = { topic, partition }
  const maxBytes = options.fetchBytes
  const reader = own(openPartitionReader(kafka, { ...at, signal, ...(maxBytes !== undefined && { maxBytes }) }))
  while (!signal.aborted) {
    reopened.delete(`${topic}/${partition}`)
    let saved = await options.open(at, signal)
    context.tick()
    let next = saved?.next ?? (await reader.range()).start
    while (!signal.aborted && !reopened.has(`${topic}/${partition}`)) {
      const fetched = await reader.fetch(next)
      const { records, doubled, origin } = dropDoubled(fetched.records, saved?.origin ?? -1n)
      if (records.length > 0) {
        const batch: SinkBatch = { ...at, records, expected: saved, next: fetched.next, origin }
        if ((await options.handle(batch, signal)) === 'reopen') break
        saved = { next: fetched.next, origin }
      }
      next = fetched.next
      context.moving()
      show(topic, partition, next)
      options.onProgress?.({ ...at, lag: Number(fetched.lastStableOffset - next), doubled })
      context.tick()
    }
  }
}

interface Undoubled extends Pick<SinkPosition, 'origin'> {
  readonly records: readonly KafkaRecord[]
  readonly doubled: number
}

/**
 * Raw offsets only ever grow along an output partition. A record at or below the last one came twice: read_committed
 * leaked, or a broker lost the marker of a transaction that was then done again.
 */
function dropDoubled(records: readonly KafkaRecord[], after: bigint): Undoubled {
  let origin = after
  const kept = records.filter(({ headers }) => {
    const own = parseOffset((headers[header.originOffset] ?? headers[header.dlqOriginOffset])?.toString() ?? null)
    if (own === null) return true // written by somebody else: the sink decides
    if (own <= origin) return false
    origin = own
    return true
  })
  return { records: kept, doubled: records.length - kept.length, origin }
}
