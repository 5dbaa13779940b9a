import { join } from 'node:path'
import { openDuck } from '@sluice/lake'
import type { Period } from './period.ts'

/** Number of events by type. */
export type Counts = Readonly<Record<string, number>>

/**
 * How many events of each type a period must have, counted by SQL over the tables of 2013. Shares no code with what
 * derives the events: the rules for their times are written down here a second time.
 */
export async function expectedEvents(dataDir: string, workDir: string, { from, to }: Period): Promise<Counts> {
  const duck = await openDuck({ tempDir: workDir })
  try {
    const rows = await duck.exclusive((db) => db.rows(sqlOver(dataDir, from, to)))
    return Object.fromEntries(rows.map(({ type, events }) => [String(type), Number(events)]))
  } finally {
    await duck.close()
  }
}

function sqlOver(dataDir: string, from: string, to: string): string {
  const table = (name: string) => `read_parquet('${join(dataDir, `${name}.parquet`).replaceAll("'", "''")}')`
  return `
    WITH flights AS (
      SELECT
        scheduled_departure AS departure,
        scheduled_departure + to_minutes(scheduled_block_minutes::BIGINT) AS arrival,
        departure_delay_minutes::BIGINT AS departed_late,
        arrival_delay_minutes::BIGINT AS landed_late,
        diverted_arrival
      FROM ${table('flights')}
    ),
    events AS (
      SELECT 'flight.scheduled.v1' AS type, departure - INTERVAL 120 MINUTE AS time FROM flights
      UNION ALL
      SELECT 'flight.departed.v1', departure + to_minutes(departed_late) FROM flights WHERE departed_late IS NOT NULL
      UNION ALL
      SELECT 'flight.landed.v1', arrival + to_minutes(landed_late) FROM flights WHERE landed_late IS NOT NULL
      UNION ALL
      SELECT 'flight.cancelled.v1', departure FROM flights WHERE departed_late IS NULL
      UNION ALL
      SELECT 'flight.diverted.v1', coalesce(diverted_arrival, arrival + INTERVAL 240 MINUTE)
      FROM flights WHERE departed_late IS NOT NULL AND landed_late IS NULL
      UNION ALL
      SELECT 'weather.observed.v1', observed_hour + INTERVAL 55 MINUTE FROM ${table('weather')}
    )
    SELECT type, count(*) AS events FROM events
    WHERE time >= TIMESTAMPTZ '${from} 00:00:00+00' AND time < TIMESTAMPTZ '${to} 00:00:00+00'
    GROUP BY type ORDER BY type`
}
