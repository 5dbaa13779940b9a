import { header, type KafkaRecord } from '@sluice/events'
import type { Kafka } from './client.ts'
import { openPartitionReader } from './partition-reader.ts'
import type { SinkRecord, TopicPartition } from './types.ts'

/** The raw offset that a record of an output says it came from; null: it does not say, or it came from elsewhere. */
export function originOf({ headers }: KafkaRecord, rawTopic: string): bigint | null {
  const text = (name: string): string | null => headers[name]?.toString() ?? null
  if (text(header.dlqReason) === null) return parseOffset(text(header.originOffset))
  return text(header.dlqOriginTopic) === rawTopic ? parseOffset(text(header.dlqOriginOffset)) : null
}

/** Null where the text is no offset. */
export function parseOffset(text: string | null): bigint | null {
  return text !== null && /^\d{1,19}$/.test(text) ? BigInt(text) : null
}

export interface Origins {
  /** Gives records their origins. One that the raw topic has not reached is nobody's: it counts as none. */
  of(records: readonly KafkaRecord[]): Promise<readonly SinkRecord[]>
  close(): void
}

/**
 * The origins of one output partition. Whoever wrote a far too large one into it would have every later record taken
 * for a doubled one; so each is held against the end of the raw topic, which only grows.
 */
export function openOrigins(kafka: Kafka, raw: TopicPartition, signal: AbortSignal): Origins {
  const reader = openPartitionReader(kafka, { ...raw, signal })
  let end = -1n
  return {
    async of(records) {
      const origins = records.map((record) => originOf(record, raw.topic))
      if (origins.some((origin) => origin !== null && origin >= end)) end = (await reader.range()).end
      return records.map((record, i) => {
        const origin = origins[i] ?? null
        return { ...record, origin: origin !== null && origin < end ? origin : null }
      })
    },
    close: () => reader.close()
  }
}
