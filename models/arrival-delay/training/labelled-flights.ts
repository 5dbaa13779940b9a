import { deriveEvents, type EventSources } from '@sluice/flights'

export interface LabelledFlight {
  /** `flight.scheduled`, two hours before departure. */
  readonly event: ScheduledEvent
  readonly arrivalDelayMinutes: number
  /** When the label was known. */
  readonly landedMs: number
}

export interface ScheduledEvent {
  readonly time: string
  readonly data: ScheduledData & Readonly<Record<string, unknown>>
}

interface ScheduledData {
  readonly flight_id: string
  /** `2013-07-01` */
  readonly local_date: string
}

/**
 * Joins the stream of events with itself, as a platform would: a flight is yielded when it has landed.
 * Cancelled and diverted flights never get a label.
 */
export function* labelledFlights(sources: EventSources): Generator<LabelledFlight> {
  const waiting = new Map<string, ScheduledEvent>()
  for (const { type, time, data } of deriveEvents(sources)) {
    const { flight_id } = data as { flight_id: string }
    if (type === 'flight.scheduled.v1') waiting.set(flight_id, { time, data: data as ScheduledEvent['data'] })
    if (type === 'flight.cancelled.v1' || type === 'flight.diverted.v1') waiting.delete(flight_id)
    if (type !== 'flight.landed.v1') continue
    const event = waiting.get(flight_id)
    if (event === undefined) throw new Error(`${flight_id} has landed without having been scheduled`)
    waiting.delete(flight_id)
    const { landed_at, arrival_delay_minutes } = data as { landed_at: string; arrival_delay_minutes: number }
    yield { event, arrivalDelayMinutes: arrival_delay_minutes, landedMs: Date.parse(landed_at) }
  }
}
