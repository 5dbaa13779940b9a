import type { KafkaRecord } from '@sluice/events'
import { acquirePosition } from './acquire.ts'
import type { Kafka } from './client.ts'
import { createRetentionRisk } from './retention-risk.ts'
import { gapRecord } from './gap.ts'
import { openPartitionReader } from './partition-reader.ts'
import { runGroup, type LaneContext } from './run-group.ts'
import { maxSendBytes, maxSendRecords, sizeOf } from './send-bounds.ts'
import { openTransactions } from './transactions.ts'
import { transformBatch } from './transform-batch.ts'
import type { RunDeps, Running, TransformOptions } from './types.ts'

/**
 * Raw records into the enriched topic or the dead-letter topic, each raw offset exactly once. Per partition: fence the
 * former owner, find the position, then { fetch → check → repeat? → enrich → one transaction of outputs and position }.
 * Any trouble begins again at the fence.
 */
export function runTransform<Item>(kafka: Kafka, options: TransformOptions<Item>, deps: RunDeps): Running {
  const { group, topics, sessionTimeoutMs, tick } = options
  const lane = (context: LaneContext): Promise<void> =>
    transformPartition(kafka, options, deps, context).finally(() => {
      const at = { topic: topics.raw.name, partition: context.partition }
      options.onProgress?.({ ...at, lag: null, doubled: 0 })
      if (context.signal.aborted) options.onRisk?.(at, null)
    })
  const { name, partitions } = topics.raw
  return runGroup(kafka, { group, topics: [name], partitions, sessionTimeoutMs, lanes: [lane], tick }, deps)
}

async function transformPartition<Item>(
  kafka: Kafka,
  options: TransformOptions<Item>,
  deps: RunDeps,
  context: LaneContext
): Promise<void> {
  const { group, topics, maxBatchRecords = maxSendRecords, repeatWindow: windowSize = 20_000, onProgress } = options
  const { acceptedGaps = [] } = options
  const { partition, signal } = context
  const raw = topics.raw.name
  const transactions = context.own(await openTransactions(kafka, `${group}.${raw}.${partition}`))
  context.tick()
  const reader = context.own(openPartitionReader(kafka, { topic: raw, partition, signal }))
  const outputs = [topics.enriched.name, topics.dlq.name]
  const range = await reader.range()
  const acquiring = { group, raw, outputs, partition, windowSize, range, acceptedGaps }
  const { position, window, gap } = await acquirePosition(kafka, acquiring)
  context.tick()
  if (gap !== null) {
    const outputs = [{ topic: topics.dlq.name, records: [gapRecord(gap, { service: options.service, now: deps.now })] }]
    await transactions.commit({ partition, outputs, group, input: raw, next: position })
    deps.log.warn({ topic: raw, partition, from: String(gap.from), to: String(gap.to) }, 'gap accepted')
    options.onGap?.(gap)
  }
  deps.log.info(
    { topic: raw, partition, position: position.toString(), identities: window.count },
    'partition acquired'
  )
  const risk = createRetentionRisk(topics.raw, deps.now)
  const at = { topic: raw, partition }
  // The first answer comes at once, records or none: how much there is to read is known from then on.
  let waitMs: number | undefined = 0
  for (let next = position; !signal.aborted;) {
    const fetched = await reader.fetch(next, waitMs)
    waitMs = undefined
    options.onRisk?.(at, risk.unread(fetched, next))
    for (const batch of batchesOf(fetched.records, maxBatchRecords)) {
      if (signal.aborted) return
      const isLast = batch.at(-1) === fetched.records.at(-1)
      next = isLast ? fetched.next : (batch.at(-1)?.offset ?? next) + 1n
      await transformBatch({ batch, next, window, transactions }, options, deps, context)
      context.moving()
      context.tick()
    }
    next = fetched.next
    context.moving()
    options.onRisk?.(at, risk.read(fetched))
    onProgress?.({ ...at, lag: Number(fetched.lastStableOffset - next), doubled: 0 })
    context.tick()
  }
}

/** As many records as one transaction takes, by count and by bytes. */
function* batchesOf(records: readonly KafkaRecord[], maxRecords: number): Generator<readonly KafkaRecord[]> {
  let from = 0
  let bytes = 0
  for (const [index, record] of records.entries()) {
    const size = sizeOf(record)
    if (index > from && (index - from >= maxRecords || bytes + size > maxSendBytes)) {
      yield records.slice(from, index)
      from = index
      bytes = 0
    }
    bytes += size
  }
  if (from < records.length) yield records.slice(from)
}
