import { gapReason, header, type KafkaRecord } from '@sluice/events'
import type { TopicSpec } from '@sluice/contracts'
import { endOffsets } from './admin.ts'
import type { Kafka } from './client.ts'
import { gapRecord } from './gap.ts'
import { openLane } from './lane.ts'
import { readRange } from './read-range.ts'
import type { Gap, RunDeps } from './types.ts'

/** How far back, in offsets, it is looked whether a gap is there already. */
const lookBack = 20_000n

/**
 * Writes a gap of a sink into the dead-letter topic, durably, unless the same service has written it there: whoever
 * died between this and moving its position comes here again.
 */
export async function writeGap(
  kafka: Kafka,
  dlq: TopicSpec,
  gap: Gap,
  service: { readonly name: string; readonly version: string },
  { log, now }: RunDeps
): Promise<void> {
  const at = { topic: dlq.name, partition: gap.partition }
  const { start = 0n, end = 0n } = (await endOffsets(kafka, dlq.name)).get(gap.partition) ?? {}
  const from = end - lookBack > start ? end - lookBack : start
  for await (const record of readRange(kafka, { ...at, from, to: end }))
    if (isSameGap(record, gap, service.name)) return
  const { key, value, headers, bytes } = gapRecord(gap, { service, now })
  const lane = openLane(kafka, { ...at, lingerMs: 0, maxBytes: dlq.maxMessageBytes }, { log })
  try {
    await lane.send({ partition: gap.partition, key, value: value ?? Buffer.alloc(0), headers }, bytes)
  } finally {
    await lane.close()
  }
}

function isSameGap({ headers }: KafkaRecord, gap: Gap, service: string): boolean {
  const has = (name: string, text: string): boolean => headers[name]?.toString() === text
  return (
    has(header.dlqReason, gapReason) &&
    has(header.dlqService, service) &&
    has(header.dlqOriginTopic, gap.topic) &&
    has(header.dlqGapFrom, gap.from.toString()) &&
    has(header.dlqOriginOffset, gap.to.toString())
  )
}
