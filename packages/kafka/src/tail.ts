import { header, repeatReason, type KafkaRecord } from '@sluice/events'
import { originOf, parseOffset } from './origin.ts'
import type { PartitionReader } from './partition-reader.ts'

/** What one record of an output says about the raw record that it came from. */
export interface Trace {
  readonly origin: bigint
  /** Null: the event could not be read that far. */
  readonly identity: string | null
  readonly outcome: 'enriched' | 'rejected' | 'repeat'
  /** Repeats: raw offset of the first one. */
  readonly first: bigint | null
}

export interface Tail {
  /** Whether the output holds any committed data record, of whomever. */
  readonly hasRecords: boolean
  /** In the order of the output, oldest first. */
  readonly traces: readonly Trace[]
}

export interface TailOptions {
  readonly rawTopic: string
  /** Asked for after the fence: no origin of ours lies at or beyond it. */
  readonly rawEnd: bigint
  readonly atLeast: bigint
  readonly depth: number
}

/** How far one step back goes, in offsets. */
const stepBack = 5_000n

/**
 * Reads the end of an output back to the first record whose origin lies more than `depth` raw offsets below where we
 * will go on, which is at least `atLeast` and above the last origin.
 */
export async function readTail(
  reader: PartitionReader,
  { rawTopic, rawEnd, atLeast, depth }: TailOptions
): Promise<Tail> {
  const { start, end } = await reader.range()
  let traces: Trace[] = []
  let hasRecords = false
  for (let to = end; to > start;) {
    const from = to - stepBack > start ? to - stepBack : start
    const records = await readBetween(reader, from, to)
    hasRecords ||= records.length > 0
    traces = [
      ...records.map((record) => traceOf(record, { rawTopic, rawEnd })).filter((trace) => trace !== null),
      ...traces
    ]
    const [oldest, newest] = [traces[0], traces.at(-1)]
    const goOn = newest && newest.origin >= atLeast ? newest.origin + 1n : atLeast
    if (oldest && oldest.origin < goOn - BigInt(depth)) break
    to = from
  }
  return { hasRecords, traces }
}

async function readBetween(reader: PartitionReader, from: bigint, to: bigint): Promise<KafkaRecord[]> {
  const records: KafkaRecord[] = []
  for (let position = from; position < to;) {
    const fetched = await reader.fetch(position)
    for (const record of fetched.records) if (record.offset < to) records.push(withoutValue(record))
    position = fetched.next
  }
  return records
}

/** A record is a window into its batch: kept as it is, 20,000 of them would keep all that they ever held. */
function withoutValue(record: KafkaRecord): KafkaRecord {
  const headers = Object.fromEntries(
    Object.entries(record.headers)
      .filter(([name]) => traceHeaders.has(name))
      .map(([name, value]) => [name, Buffer.from(value)])
  )
  return { ...record, key: null, value: null, headers }
}

const traceHeaders: ReadonlySet<string> = new Set([
  header.originOffset,
  header.identity,
  header.dlqOriginTopic,
  header.dlqOriginOffset,
  header.dlqIdentity,
  header.dlqReason,
  header.dlqFirstOffset
])

/** Null: not written by us, or it names an origin that the raw topic has not reached. */
function traceOf(record: KafkaRecord, { rawTopic, rawEnd }: Pick<TailOptions, 'rawTopic' | 'rawEnd'>): Trace | null {
  const text = (name: string): string | null => record.headers[name]?.toString() ?? null
  const reason = text(header.dlqReason)
  const origin = originOf(record, rawTopic)
  if (origin === null || origin >= rawEnd) return null
  if (reason === null) return { origin, identity: text(header.identity), outcome: 'enriched', first: null }
  const outcome = reason === repeatReason ? 'repeat' : 'rejected'
  return { origin, identity: text(header.dlqIdentity), outcome, first: parseOffset(text(header.dlqFirstOffset)) }
}
