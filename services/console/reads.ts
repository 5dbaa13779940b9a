import type { Reads } from '@sluice/contracts'

/** What the page of the domain (`src/flights/`) reads of events; the pages about the platform show any event as it is. */
export function declareReads(): Reads {
  const flight = ['/flight_id', '/scheduled_arrival']
  return {
    'flight.scheduled.v1': [...flight, '/origin', '/enrichment/arrival_delay'],
    'flight.landed.v1': [...flight, '/arrival_delay_minutes'],
    'flight.cancelled.v1': ['/flight_id'],
    'flight.diverted.v1': flight
  }
}
