import { valueAt, type KafkaRecord } from '@sluice/events'
import type { Contracts } from '@sluice/contracts'
import type { Kafka } from '@sluice/kafka'
import type { RecentIds } from '../recent-ids.ts'
import type { Tail } from '../tail-topics.ts'
import { originOf } from '../origin-of.ts'
import type { Lake } from '../watch-lake.ts'
import type { Query } from './parse-query.ts'
import { readRecord, scanFor, seekOrigin } from './seek-record.ts'

export interface FindDeps {
  readonly kafka: Kafka
  readonly contracts: Contracts
  readonly recent: RecentIds
  readonly tail: Tail
  readonly lake: Lake
  /** The enricher's position by raw partition. */
  readonly committed: () => ReadonlyMap<number, bigint> | null
  readonly now: () => number
}

/** The records of one event, as far as they are still in the log. */
export interface Found {
  readonly raw: KafkaRecord | null
  readonly output: { readonly role: 'enriched' | 'dlq'; readonly record: KafkaRecord } | null
  /** Known from the lake alone. */
  readonly row: Readonly<Record<string, unknown>> | null
  readonly table: string | null
  readonly searched: readonly string[]
}

/** Begins what would have been looked at, and why it was not. */
export const notLookedAt = 'not looked at: '
const lakeScanMs = 10_000
const lakeScanBytes = 64 * 1024 * 1024
const inFlightRecords = 5_000

/** Looks where it is quickest first, within bounds, and says where it has looked. */
export async function findEvent(deps: FindDeps, query: Query): Promise<Found> {
  return query.kind === 'place' ? findByPlace(deps, query) : findById(deps, query.id)
}

async function findByPlace(
  { kafka, contracts }: FindDeps,
  { topic, partition, offset }: Query & { kind: 'place' }
): Promise<Found> {
  const { topics } = contracts
  const role = (['raw', 'enriched', 'dlq'] as const).find((name) => topics[name].name === topic)
  const searched = [`${topic}/${partition}@${offset}`]
  if (role === undefined || partition >= topics[role].partitions)
    return nothing([`${topic}/${partition}: no such topic or partition here`])
  const record = await readRecord(kafka, { topic, partition }, offset)
  if (record === null)
    return nothing([
      `${topic}/${partition}@${offset}: no record there (gone by retention, not written yet, or a transaction marker)`
    ])
  if (role === 'raw')
    return { ...nothing(searched), raw: record, output: await outputOf(kafka, contracts, partition, offset) }
  const origin = originOf(role, record)
  const raw = origin === null ? null : await readRecord(kafka, { topic: topics.raw.name, partition }, origin)
  return { ...nothing(searched), raw, output: { role, record } }
}

async function outputOf(
  kafka: Kafka,
  { topics }: Contracts,
  partition: number,
  origin: bigint
): Promise<Found['output']> {
  for (const role of ['enriched', 'dlq'] as const) {
    const record = await seekOrigin(kafka, role, { topic: topics[role].name, partition }, origin)
    if (record !== null) return { role, record }
  }
  return null
}

async function findById(deps: FindDeps, id: string): Promise<Found> {
  const { kafka, contracts, recent, tail, committed } = deps
  const { topics } = contracts
  const back = recent.oldestMs === null ? '' : `, back to ${new Date(recent.oldestMs).toISOString().slice(11, 19)}Z`
  const searched = [`recent ids (${recent.size.toLocaleString('en-US')}${back})`]
  const sighting = recent.find(id)
  if (sighting !== undefined) {
    const { partition, role, offset, rawOffset } = sighting
    const record = await readRecord(kafka, { topic: topics[role].name, partition }, offset)
    const raw = rawOffset === null ? null : await readRecord(kafka, { topic: topics.raw.name, partition }, rawOffset)
    if (record !== null) return { ...nothing(searched), raw, output: { role, record } }
  }
  const positions = committed()
  const away = tail.problem()
  searched.push(away === null ? 'events in flight' : `${notLookedAt}events in flight (${away})`)
  for (const { partition, end } of tail.raw) {
    const from = positions?.get(partition)
    if (from === undefined || end === null || from >= end) continue
    const raw = await scanFor(
      kafka,
      { topic: topics.raw.name, partition },
      from,
      end,
      inFlightRecords,
      (record) => idOf(record) === id
    )
    if (raw !== null) return { ...nothing(searched), raw }
  }
  return scanLake(deps, id, searched)
}

async function scanLake({ contracts, lake, kafka, now }: FindDeps, id: string, searched: string[]): Promise<Found> {
  const began = now()
  if (lake.problem() !== null) return nothing([...searched, `${notLookedAt}the lake (${lake.problem()})`])
  const rows = new Map(lake.rows().map((row) => [row.name, row]))
  for (const { table } of contracts.all) {
    const row = rows.get(table)
    if (row?.version === null || row?.version === undefined || row.version < 0 || row.files === 0) continue
    if ((row.bytes ?? 0) > lakeScanBytes) {
      searched.push(`${notLookedAt}${table}, larger than is scanned`)
      continue
    }
    if (now() - began > lakeScanMs) {
      searched.push(`${notLookedAt}${table}, out of time`)
      continue
    }
    const sql = `SELECT event_id, event_time, received_at, kafka_partition, kafka_offset, raw_offset FROM "${table}" WHERE event_id = '${id.replaceAll("'", "''")}' LIMIT 1`
    const [found] = await lake.query(sql, table).catch(() => [])
    searched.push(`${table} (version ${row.version}, ${row.rows?.toLocaleString('en-US')} rows)`)
    if (found === undefined) continue
    const partition = Number(found['kafka_partition'])
    const record = await readRecord(
      kafka,
      { topic: contracts.topics.enriched.name, partition },
      BigInt(String(found['kafka_offset']))
    )
    const { raw_offset: origin } = found
    const isKnown = typeof origin === 'string' || typeof origin === 'number'
    const raw = isKnown
      ? await readRecord(kafka, { topic: contracts.topics.raw.name, partition }, BigInt(origin))
      : null
    return {
      ...nothing(searched),
      raw,
      output: record === null ? null : { role: 'enriched', record },
      row: found,
      table
    }
  }
  return nothing(searched)
}

function nothing(searched: readonly string[]): Found {
  return { raw: null, output: null, row: null, table: null, searched }
}

/** The event of a record, as far as it can be read; null: it cannot. */
export function eventOf(record: KafkaRecord | null): Readonly<Record<string, unknown>> | null {
  if (record?.value == null || record.value.length === 0) return null
  try {
    const event = JSON.parse(record.value.toString('utf8')) as unknown
    return typeof event === 'object' && event !== null ? (event as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function idOf(record: KafkaRecord): string | null {
  const id = valueAt(eventOf(record), '/id')
  return typeof id === 'string' ? id : null
}
