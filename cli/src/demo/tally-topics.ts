import { header, identityOf, repeatReason, type KafkaRecord } from '@sluice/events'
import type { Topics } from '@sluice/contracts'
import { endOffsets, readRange, type Kafka } from '@sluice/kafka'
import type { Counts } from './expected-events.ts'

/** What lies in the three topics, counted record by record. */
export interface TopicTally {
  /** By the type in the record; what has none that can be read counts as `(no event)`. */
  readonly raw: Counts
  readonly enriched: Counts
  readonly dead: Counts
  readonly repeats: Counts
  /** Dead letters by reason, repeats left out. */
  readonly reasons: Counts
  /** Identities that lie more than once in raw, with how often and whose they are. */
  readonly several: ReadonlyMap<string, { readonly times: number; readonly source: string; readonly id: string }>
  /** How an event that the demo sent ended, by its id: `landed`, `repeat` or a reason. */
  readonly fates: ReadonlyMap<string, readonly string[]>
  /** Raw records without exactly one output record, `3/127: 2`. */
  readonly unaccounted: readonly string[]
  /** Last enriched event of each key, by its type: what the real-time store has to show. */
  readonly lastTypeByKey: ReadonlyMap<string, string>
  /** Milliseconds since 1970 of the broker's clock. */
  readonly firstRawMs: number
  readonly lastRawMs: number
  readonly lastOutputMs: number
}

export const noEvent = '(no event)'

interface RawRecord {
  readonly type: string
  readonly source: string
  readonly id: string
  outputs: number
}

/** Reads all three topics from their start, each as a plain read_committed reader would. */
export async function tallyTopics(kafka: Kafka, topics: Topics, source: string): Promise<TopicTally> {
  const raws = new Map<string, RawRecord>()
  const [raw, enriched, dead, repeats, reasons] = [counter(), counter(), counter(), counter(), counter()]
  const identities = new Map<string, { times: number; source: string; id: string }>()
  const fates = new Map<string, string[]>()
  const lastTypeByKey = new Map<string, string>()
  let [firstRawMs, lastRawMs, lastOutputMs] = [Infinity, 0, 0]

  for await (const record of recordsOf(kafka, topics.raw.name)) {
    const read = readRaw(record)
    raws.set(`${record.partition}/${record.offset}`, { ...read, outputs: 0 })
    raw.add(read.type)
    firstRawMs = Math.min(firstRawMs, record.timestampMs)
    lastRawMs = Math.max(lastRawMs, record.timestampMs)
    if (read.identity === null) continue
    const known = identities.get(read.identity)
    identities.set(read.identity, { times: (known?.times ?? 0) + 1, source: read.source, id: read.id })
  }

  const settle = (place: string, fate: string): string => {
    const origin = raws.get(place)
    if (origin === undefined) return noEvent
    origin.outputs += 1
    if (origin.source === source) fates.set(origin.id, [...(fates.get(origin.id) ?? []), fate])
    return origin.type
  }
  for await (const record of recordsOf(kafka, topics.enriched.name)) {
    const type = settle(`${record.partition}/${text(record, header.originOffset)}`, 'landed')
    enriched.add(type)
    lastTypeByKey.set(record.key?.toString() ?? '', type)
    lastOutputMs = Math.max(lastOutputMs, record.timestampMs)
  }
  for await (const record of recordsOf(kafka, topics.dlq.name)) {
    const reason = text(record, header.dlqReason)
    const place = `${text(record, header.dlqOriginPartition)}/${text(record, header.dlqOriginOffset)}`
    const type = settle(place, reason)
    if (reason === repeatReason) repeats.add(type)
    else {
      dead.add(type)
      reasons.add(reason)
    }
    lastOutputMs = Math.max(lastOutputMs, record.timestampMs)
  }

  return {
    raw: raw.counts(),
    enriched: enriched.counts(),
    dead: dead.counts(),
    repeats: repeats.counts(),
    reasons: reasons.counts(),
    several: new Map([...identities].filter(([, { times }]) => times > 1)),
    fates,
    unaccounted: [...raws]
      .filter(([, { outputs }]) => outputs !== 1)
      .map(([place, { outputs }]) => `${place}: ${outputs}`),
    lastTypeByKey,
    firstRawMs,
    lastRawMs,
    lastOutputMs
  }
}

async function* recordsOf(kafka: Kafka, topic: string): AsyncGenerator<KafkaRecord> {
  for (const partition of (await endOffsets(kafka, topic)).keys()) yield* readRange(kafka, { topic, partition })
}

function readRaw({ value }: KafkaRecord): { type: string; source: string; id: string; identity: string | null } {
  const event = parse(value)
  const { type, source, id, sourceid } = event
  if (typeof type !== 'string' || typeof source !== 'string' || typeof id !== 'string')
    return { type: noEvent, source: '', id: '', identity: null }
  return { type, source, id, identity: typeof sourceid === 'string' ? identityOf(sourceid, source, id) : null }
}

function parse(value: Buffer | null): Readonly<Record<string, unknown>> {
  try {
    return { ...(JSON.parse(value?.toString() ?? '') as object) }
  } catch {
    return {}
  }
}

function text({ headers }: KafkaRecord, name: string): string {
  return headers[name]?.toString() ?? ''
}

function counter() {
  const counts = new Map<string, number>()
  return {
    add: (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1),
    counts: (): Counts => Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }
}
