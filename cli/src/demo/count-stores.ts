import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contracts } from '@sluice/contracts'
import type { LakeReader } from '@sluice/lake'
import type { StoreReader } from '@sluice/store'
import type { Counts } from './expected-events.ts'

/** Rows by table, as the Delta log has them. */
export async function countLake(lake: LakeReader, contracts: Contracts): Promise<Counts> {
  const counts: Record<string, number> = {}
  for (const table of [...contracts.all.map((contract) => contract.table), 'dead_letters'])
    counts[table] = await lake.countRows(table)
  return counts
}

export interface StoreTally {
  /** Sum over the minutes of its counters, by event type. */
  readonly counts: Counts
  /** Flights by what the store says of them. */
  readonly flightsByStatus: Counts
  readonly stations: number
  readonly boards: number
}

export async function countStore(store: StoreReader): Promise<StoreTally> {
  const counts: Record<string, number> = {}
  const flightsByStatus: Record<string, number> = {}
  let [stations, boards] = [0, 0]
  for (const [key, fields] of await store.dump()) {
    const view = key.split(':')[0]
    if (view === 'counts')
      for (const [type, count] of Object.entries(fields))
        if (type !== 'expires_at') counts[type] = (counts[type] ?? 0) + Number(count)
    if (view === 'flight') flightsByStatus[fields['status'] ?? ''] = (flightsByStatus[fields['status'] ?? ''] ?? 0) + 1
    if (view === 'weather') stations += 1
    if (view === 'departures' || view === 'arrivals') boards += 1
  }
  return { counts, flightsByStatus, stations, boards }
}

export interface Score {
  /** Where these flights were when the model was made. */
  readonly part: 'in-sample: training' | 'in-sample: validation' | 'out of sample'
  readonly flights: number
  readonly late: number
  /** Area under the ROC curve; null where all were late, or none. */
  readonly auc: number | null
}

/**
 * How well the predictions in the lake rank what really happened, as the tables of 2013 tell it (more than 15 minutes
 * late; cancelled and diverted flights have no label). Ties count half: ranks are averaged.
 */
export async function scorePredictions(
  lake: LakeReader,
  options: { dataDir: string; modelsDir: string }
): Promise<readonly Score[]> {
  const ends = partEnds(options.modelsDir)
  const rows = await lake.queryTables(
    `WITH truth AS (
      SELECT scheduled_departure, carrier, flight_number, origin, arrival_delay_minutes > 15 AS late
      FROM read_parquet('${join(options.dataDir, 'flights.parquet').replaceAll("'", "''")}')
      WHERE arrival_delay_minutes IS NOT NULL
    ),
    scored AS (
      SELECT
        enrichment.arrival_delay.probability AS p,
        truth.late,
        CASE
          WHEN event_time < TIMESTAMPTZ '${ends.train}' THEN 'in-sample: training'
          WHEN event_time < TIMESTAMPTZ '${ends.validation}' THEN 'in-sample: validation'
          ELSE 'out of sample'
        END AS part
      FROM flight_scheduled_v1 AS event
      JOIN truth
        ON truth.carrier = event.carrier AND truth.flight_number = event.flight_number
        AND truth.origin = event.origin AND truth.scheduled_departure = event.scheduled_departure
      WHERE enrichment IS NOT NULL
    ),
    ranked AS (
      SELECT part, late,
        rank() OVER (PARTITION BY part ORDER BY p) + (count(*) OVER (PARTITION BY part, p) - 1) / 2.0 AS r
      FROM scored
    )
    SELECT part, count(*) AS flights, count(*) FILTER (late) AS late,
      (sum(r) FILTER (late) - count(*) FILTER (late) * (count(*) FILTER (late) + 1) / 2.0)
        / nullif(count(*) FILTER (late) * count(*) FILTER (NOT late), 0) AS auc
    FROM ranked GROUP BY part ORDER BY part`,
    { tables: ['flight_scheduled_v1'] }
  )
  return rows.map(({ part, flights, late, auc }) => ({
    part: part as Score['part'],
    flights: Number(flights),
    late: Number(late),
    auc: auc === null ? null : Number(auc)
  }))
}

/** Until when flights were trained and validated on, from the newest version's own description. */
function partEnds(modelsDir: string): { readonly train: string; readonly validation: string } {
  const versions = readdirSync(join(modelsDir, 'arrival-delay')).filter((name) => /^\d+$/.test(name))
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0] ?? ''
  const model = JSON.parse(readFileSync(join(modelsDir, 'arrival-delay', newest, 'model.json'), 'utf8')) as {
    trained_on: { part_ends: { train: string; validation: string } }
  }
  return model.trained_on.part_ends
}
