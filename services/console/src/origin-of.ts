import { header, type KafkaRecord } from '@sluice/events'

/** The raw offset that an output record came of; null: it does not say. */
export function originOf(role: 'enriched' | 'dlq', record: KafkaRecord): bigint | null {
  const text = record.headers[role === 'enriched' ? header.originOffset : header.dlqOriginOffset]?.toString()
  return text !== undefined && /^\d+$/.test(text) ? BigInt(text) : null
}
