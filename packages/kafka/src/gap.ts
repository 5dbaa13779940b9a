import { gapReason, header } from '@sluice/events'
import type { OutputRecord } from './output-records.ts'
import { sizeOf } from './send-bounds.ts'
import type { Gap } from './types.ts'

/** As a refusal prints it and an operator gives it back: `events.raw/3:120-199`. */
export function formatGap({ topic, partition, from, to }: Gap): string {
  return `${topic}/${partition}:${from}-${to}`
}

/** Reads what `formatGap` wrote. Throws an Error that says what was expected. */
export function parseGap(text: string): Gap {
  const [, topic, partition, from, to] = /^([\w.-]+)\/(\d{1,9}):(\d{1,19})-(\d{1,19})$/.exec(text) ?? []
  if (topic === undefined || from === undefined || to === undefined || BigInt(from) > BigInt(to))
    throw new Error(`gap: expected topic/partition:first-last, found ${JSON.stringify(text)}`)
  return { topic, partition: Number(partition), from: BigInt(from), to: BigInt(to) }
}

/** Only the very same range: whoever has accepted one loss has not accepted a larger one. */
export function isAccepted(gap: Gap, accepted: readonly Gap[]): boolean {
  return accepted.some((one) => formatGap(one) === formatGap(gap))
}

/** The dead letter that stands for records that nobody read: where they were, and no value. */
export function gapRecord(
  gap: Gap,
  {
    service,
    now
  }: { readonly service: { readonly name: string; readonly version: string }; readonly now: () => number }
): OutputRecord & { readonly headers: Readonly<Record<string, string>> } {
  const { topic, partition, from, to } = gap
  const output = {
    key: null,
    value: Buffer.alloc(0),
    headers: {
      [header.dlqReason]: gapReason,
      [header.dlqMessage]: `${to - from + 1n} records of ${topic}/${partition} were deleted before they were read, from offset ${from} to ${to}`,
      [header.dlqOriginTopic]: topic,
      [header.dlqOriginPartition]: String(partition),
      [header.dlqGapFrom]: from.toString(),
      [header.dlqOriginOffset]: to.toString(),
      [header.dlqService]: service.name,
      [header.dlqServiceVersion]: service.version,
      [header.dlqTime]: new Date(now()).toISOString()
    }
  }
  return { ...output, bytes: sizeOf(output) }
}
