import { header, isStrictDateTime, type KafkaRecord, type Problem } from '@sluice/events'
import type { SinkRecord } from '@sluice/kafka'
import { isUtf8 } from 'node:buffer'
import type { Line } from './spool.ts'

/** A record of the dead-letter topic as a line of `dead_letters`. */
export function deadLetterLine(record: KafkaRecord): Line {
  const { headers } = record
  const text = (name: string): string | null => headers[name]?.toString('utf8').replaceAll('\0', '') ?? null
  const number = (name: string): string | null => integer(text(name))
  const time = text(header.dlqTime)
  const key = text(header.dlqKey)
  return line({
    ...place(record),
    reason: text(header.dlqReason) ?? 'headers',
    pointer: text(header.dlqPointer),
    message: text(header.dlqMessage),
    contract: text(header.dlqContract),
    identity: text(header.dlqIdentity),
    service: text(header.dlqService),
    service_version: text(header.dlqServiceVersion),
    dead_letter_time: time !== null && isStrictDateTime(time) ? time : isoTime(record.timestampMs),
    origin_topic: text(header.dlqOriginTopic),
    origin_partition: number(header.dlqOriginPartition),
    origin_offset: number(header.dlqOriginOffset),
    first_partition: number(header.dlqFirstPartition),
    first_offset: number(header.dlqFirstOffset),
    key: key !== null && isBase64(key) ? key : (record.key?.toString('base64') ?? null),
    value: valueOf(record),
    headers: JSON.stringify(ownHeaders(headers))
  })
}

/** A record of the enriched topic that cannot be loaded, as a line of `dead_letters`. */
export function unloadableLine(
  record: SinkRecord,
  problem: Problem,
  by: {
    readonly contract: string | null
    readonly service: string
    readonly version: string
    readonly rawTopic: string
  }
): Line {
  const { origin } = record
  return line({
    ...place(record),
    reason: problem.reason,
    pointer: problem.pointer,
    message: problem.message,
    contract: by.contract,
    identity: record.headers[header.identity]?.toString('utf8') ?? null,
    service: by.service,
    service_version: by.version,
    // The broker's time, not ours: whoever loads this log again makes the same row.
    dead_letter_time: isoTime(record.timestampMs),
    origin_topic: origin === null ? record.topic : by.rawTopic,
    origin_partition: record.partition,
    origin_offset: (origin ?? record.offset).toString(),
    first_partition: null,
    first_offset: null,
    key: record.key?.toString('base64') ?? null,
    value: record.value?.toString('base64') ?? null,
    headers: JSON.stringify(ownHeaders(record.headers))
  })
}

function place({ topic, partition, offset, timestampMs }: KafkaRecord) {
  return {
    dead_letter_id: `${topic}/${partition}/${offset}`,
    kafka_timestamp: isoTime(timestampMs),
    kafka_topic: topic,
    kafka_partition: partition,
    kafka_offset: offset.toString()
  }
}

function line(row: Readonly<Record<string, string | number | null>>): Line {
  return { prefix: '', bytes: Buffer.from(JSON.stringify(row)), suffix: '\n' }
}

/** A repeat has no value of its own: its first one has. */
function valueOf({ value, headers }: KafkaRecord): string | null {
  if (value === null || (value.length === 0 && headers[header.dlqReason]?.toString() === 'repeat')) return null
  return value.toString('base64')
}

/** The headers of the original record: those that the dead letter added are columns. */
function ownHeaders(headers: KafkaRecord['headers']): Record<string, string | { readonly base64: string }> {
  const own = Object.entries(headers).filter(([name]) => !name.startsWith('dlq_'))
  return Object.fromEntries(
    own.map(([name, value]) => [name, isUtf8(value) ? value.toString('utf8') : { base64: value.toString('base64') }])
  )
}

function isBase64(text: string): boolean {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
}

function integer(text: string | null): string | null {
  return text !== null && /^\d{1,15}$/.test(text) ? text : null
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
