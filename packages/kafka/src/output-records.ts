import { header, reject, repeatReason, type Checked, type KafkaRecord, type Problem } from '@sluice/events'
import { isLegalKey, sizeOf } from './send-bounds.ts'
import type { EnrichedRecord } from './types.ts'

/** A record for one of the outputs, ready to send. */
export interface OutputRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, string | Buffer>>
  readonly bytes: number
}

export interface DeadLetterSource {
  readonly record: KafkaRecord
  readonly identity: string | null
  readonly contract: string | null
}

export interface DeadLetterOptions {
  readonly service: { readonly name: string; readonly version: string }
  readonly maxBytes: number
  readonly now: () => number
}

const maxHeaders = 32
const maxHeaderBytes = 1024
/** A contract key is a string of 1 to 256 bytes. */
const maxKeyBytes = 256

/** Names that only the platform writes on its outputs. */
const reserved: ReadonlySet<string> = new Set(
  Object.values(header).filter((name) => name !== header.contentType && name !== header.traceparent)
)

/** Why the headers of a raw record cannot be carried on, or null. */
export function headerProblemOf(record: KafkaRecord & { readonly headerProblem?: string | null }): string | null {
  if (record.headerProblem) return record.headerProblem
  const headers = Object.entries(record.headers)
  if (headers.length > maxHeaders) return `${headers.length} headers, at most ${maxHeaders} are allowed`
  const large = headers.find(([name, value]) => Buffer.byteLength(name) + value.length > maxHeaderBytes)
  return large ? `header ${JSON.stringify(large[0].slice(0, 64))} is larger than ${maxHeaderBytes} bytes` : null
}

/** The record for the enriched topic: the service's output, the client's own headers, and where it came from. */
export function enrichedOf(
  { record, identity }: DeadLetterSource,
  { key, value, headers }: EnrichedRecord,
  maxBytes: number
): Checked<OutputRecord> {
  if (!isLegalKey(key)) return reject('key', '', 'record key: four zero bytes read as an abort marker')
  const output = {
    key,
    value,
    headers: {
      ...clientHeadersOf(record),
      ...headers,
      [header.originOffset]: record.offset.toString(),
      ...(identity !== null && { [header.identity]: identity })
    }
  }
  const bytes = sizeOf(output)
  if (bytes <= maxBytes) return { ok: true, value: { ...output, bytes } }
  return reject('too_large_after_enrichment', '', `${bytes} bytes with enrichment, the topic takes ${maxBytes}`)
}

/** The record for the dead-letter topic. Whatever it is, it fits: the value is left out where it does not. */
export function deadLetterOf(source: DeadLetterSource, problem: Problem, options: DeadLetterOptions): OutputRecord {
  const { record } = source
  const keyHeader = isCarriedAsKey(record.key) ? {} : { [header.dlqKey]: record.key?.toString('base64') ?? '' }
  const full = deadLetter(source, problem.reason, options, record.value, {
    [header.dlqPointer]: problem.pointer.slice(0, maxHeaderBytes),
    [header.dlqMessage]: problem.message.slice(0, maxHeaderBytes),
    ...keyHeader
  })
  if (full.bytes <= options.maxBytes) return full
  const size = `the value of ${record.value?.length ?? 0} bytes does not fit here: read it at its origin`
  const bare = { [header.dlqPointer]: '', [header.dlqMessage]: `${problem.message.slice(0, 512)} (${size})` }
  const withKey = deadLetter(source, problem.reason, options, null, { ...bare, ...keyHeader })
  return withKey.bytes <= options.maxBytes ? withKey : deadLetter(source, problem.reason, options, null, bare)
}

/** The record that stands for a repeat: no value, and where the first one is. */
export function repeatOf(source: DeadLetterSource, firstOffset: bigint, options: DeadLetterOptions): OutputRecord {
  return deadLetter(source, repeatReason, options, Buffer.alloc(0), {
    [header.dlqFirstPartition]: String(source.record.partition),
    [header.dlqFirstOffset]: firstOffset.toString()
  })
}

function deadLetter(
  { record, identity, contract }: DeadLetterSource,
  reason: string,
  { service, now }: DeadLetterOptions,
  value: Buffer | null,
  more: Readonly<Record<string, string>>
): OutputRecord {
  const output = {
    key: isCarriedAsKey(record.key) ? record.key : null,
    value,
    headers: {
      ...clientHeadersOf(record),
      ...(record.headers[header.replayOf] && { [header.replayOf]: record.headers[header.replayOf]! }),
      [header.dlqReason]: reason,
      ...(contract !== null && { [header.dlqContract]: contract }),
      ...(identity !== null && { [header.dlqIdentity]: identity }),
      [header.dlqOriginTopic]: record.topic,
      [header.dlqOriginPartition]: String(record.partition),
      [header.dlqOriginOffset]: record.offset.toString(),
      [header.dlqService]: service.name,
      [header.dlqServiceVersion]: service.version,
      [header.dlqTime]: new Date(now()).toISOString(),
      ...more
    }
  }
  return { ...output, bytes: sizeOf(output) }
}

function isCarriedAsKey(key: Buffer | null): boolean {
  return isLegalKey(key) && (key === null || key.length <= maxKeyBytes)
}

/** What the client said beside the event, as far as it can be carried. */
function clientHeadersOf({ headers }: KafkaRecord): Record<string, Buffer> {
  const own = Object.entries(headers)
    .filter(([name, value]) => !reserved.has(name) && Buffer.byteLength(name) + value.length <= maxHeaderBytes)
    .slice(0, maxHeaders)
  return Object.fromEntries(own)
}
