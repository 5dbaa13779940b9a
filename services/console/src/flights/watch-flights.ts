import type { StoreReader, Views } from '@sluice/store'
import { createViewReader } from '@sluice/store'
import type { Airport, FlightRow, FlightsPage } from '../wire/flights.ts'
import { judgeQuality, lateMinutes, type Judged } from './quality.ts'

const hourMs = 3_600_000
const maxFlights = 60_000
/** A cohort is judged when its last flights have had this long to land. */
const cohortDelayMs = 3 * hourMs
const boardBackMs = 9 * hourMs
const boardAheadMs = 2 * hourMs
const maxRows = 40

type Data = Readonly<Record<string, unknown>>

/** The domain's page: the board is what the real-time store holds, the quality what the stream says. */
export function watchFlights() {
  const flights = new Map<string, Judged>()
  const origins = new Map<string, number>()
  let model: string | null = null
  let board: readonly Airport[] = []
  let boardAtMs: number | null = null
  let boardProblem: string | null = null

  return {
    /** Takes one enriched event; those of other domains are not for this page. */
    take(type: string, data: Data): void {
      const id = data['flight_id']
      if (typeof id !== 'string' || !type.startsWith('flight.')) return
      const flight = flights.get(id) ?? { risk: null, scheduledArrivalMs: NaN, outcome: 'open', late: false }
      const arrival = data['scheduled_arrival']
      if (typeof arrival === 'string') flight.scheduledArrivalMs = Date.parse(arrival)
      if (type.startsWith('flight.scheduled.')) {
        const scored = (
          data['enrichment'] as
            | { arrival_delay?: { probability?: number; model?: string; version?: string } }
            | null
            | undefined
        )?.arrival_delay
        flight.risk = scored?.probability ?? null
        if (scored?.model !== undefined) model = `${scored.model} version ${scored.version}`
        const origin = data['origin']
        if (typeof origin === 'string') origins.set(origin, (origins.get(origin) ?? 0) + 1)
      } else if (type.startsWith('flight.landed.')) {
        flight.outcome = 'landed'
        flight.late = Number(data['arrival_delay_minutes']) > lateMinutes
      } else if (type.startsWith('flight.cancelled.')) flight.outcome = 'cancelled'
      else if (type.startsWith('flight.diverted.')) flight.outcome = 'diverted'
      flights.delete(id)
      flights.set(id, flight)
      if (flights.size > maxFlights) flights.delete(flights.keys().next().value!)
    },

    /** Reads the board anew; a store that is away leaves the last one, dated. */
    async refreshBoard(
      store: StoreReader | null,
      views: Views,
      simMs: number | null,
      nowMs: number,
      problem: string | null
    ): Promise<void> {
      if (store === null || simMs === null) {
        boardProblem = problem ?? (simMs === null ? 'the simulated clock is not set yet' : null)
        return
      }
      try {
        board = await readBoard(store, views, [...origins.keys()].toSorted(), simMs)
        boardAtMs = nowMs
        boardProblem = null
      } catch (error) {
        boardProblem = (error as Error).message
      }
    },

    page(simMs: number | null): FlightsPage {
      const cohortMs = simMs === null ? null : simMs - cohortDelayMs
      // A flight whose schedule was not seen has no place in a cohort.
      const quality = judgeQuality(
        [...flights.values()].filter(({ scheduledArrivalMs }) => !Number.isNaN(scheduledArrivalMs)),
        cohortMs ?? -Infinity
      )
      return { simMs, boardProblem, boardAtMs, airports: board, ...quality, model, cohortMs }
    }
  }
}

async function readBoard(
  store: StoreReader,
  views: Views,
  airports: readonly string[],
  simMs: number
): Promise<Airport[]> {
  const reader = createViewReader(store, views)
  const boards: Airport[] = []
  for (const code of airports.slice(0, 6)) {
    const entries = await reader.board('departures', [code], simMs - boardBackMs, simMs + boardAheadMs)
    const states = await reader.states(
      'flight',
      entries.map(({ entry }) => entry)
    )
    const rows = entries.flatMap(({ entry }, i) => {
      const state = states[i]
      return state === null || state === undefined ? [] : [rowOf(entry, state)]
    })
    boards.push({
      code,
      next: rows
        .filter(
          (row) =>
            (row.status === 'scheduled' && timeOf(row.scheduledDeparture) > simMs - 4 * hourMs) ||
            (row.status === 'cancelled' && timeOf(row.scheduledDeparture) > simMs)
        )
        .slice(0, maxRows),
      air: rows.filter((row) => row.status === 'departed').slice(-maxRows),
      landed: rows
        .filter(
          (row) => (row.status === 'landed' || row.status === 'diverted') && timeOf(row.landedAt) > simMs - hourMs
        )
        .toSorted((a, b) => timeOf(b.landedAt) - timeOf(a.landedAt))
        .slice(0, maxRows)
    })
  }
  return boards
}

function rowOf(id: string, state: Readonly<Record<string, string>>): FlightRow {
  const text = (name: string): string | null => state[name] ?? null
  const number = (name: string): number | null => (state[name] === undefined ? null : Number(state[name]))
  const risk = number('late_probability')
  return {
    id,
    carrier: text('carrier') ?? '',
    number: text('flight_number') ?? '',
    origin: text('origin') ?? '',
    destination: text('destination') ?? '',
    scheduledDeparture: text('scheduled_departure') ?? '',
    scheduledArrival: text('scheduled_arrival'),
    risk,
    riskWhy: risk === null ? 'no prediction with this event' : '',
    status: (text('status') ?? 'scheduled') as FlightRow['status'],
    departedAt: text('departed_at'),
    landedAt: text('landed_at'),
    arrivalDelayMinutes: number('arrival_delay_minutes'),
    departureDelayMinutes: number('departure_delay_minutes'),
    model: risk === null ? null : `${text('model')} version ${text('model_version')}`
  }
}

function timeOf(text: string | null): number {
  return text === null ? NaN : Date.parse(text)
}
