import type { CloudEvent } from '@sluice/events'
import type { Random } from './random.ts'

/** What must become of an event. */
export type Fate = 'valid' | 'contract' | 'clock_skew'

export interface Made {
  readonly key: string
  /** Grows with every event of the key. */
  readonly n: number
  readonly fate: Fate
  readonly event: CloudEvent
}

/** The events of one key, in order. */
export interface KeyEvents {
  next(fate: Fate): Made
}

const source = 'urn:sluice:demo'

/** Weather of one station, or one flight that departs ever later: its counter is in id and data. */
export function eventsOfKey(index: number, random: Random): KeyEvents {
  let n = -1
  const station = stationName(index)
  const flightId = `20130901-UA-${index + 1}-EWR`
  const isWeather = index % 3 === 0
  return {
    next(fate) {
      n += 1
      const key = isWeather ? station : flightId
      const good = isWeather
        ? weather(station, n, random)
        : n % 25 === 0
          ? scheduled(flightId, index)
          : departed(flightId, index, n)
      const event: CloudEvent = { ...good, id: `${key}:${n}`, source, specversion: '1.0' }
      return { key, n, fate, event: spoil(event, fate) }
    }
  }
}

type Body = Pick<CloudEvent, 'type' | 'time' | 'dataschema' | 'data'>

function weather(station: string, n: number, random: Random): Body {
  const hour = new Date(Date.UTC(2013, 8, 1) + n * 60_000).toISOString()
  const data = {
    station,
    observed_hour: hour,
    temperature_f: Math.round(random.next() * 1000) / 10,
    dew_point_f: random.chance(0.1) ? null : 60.8,
    humidity_percent: 69.1,
    wind_direction_degrees: random.int(360),
    wind_speed_mph: 9.2,
    wind_gust_mph: null,
    precipitation_inches: 0,
    pressure_millibars: 1013.2,
    visibility_miles: 10
  }
  return { type: 'weather.observed.v1', dataschema: 'urn:sluice:weather.observed:1.0', time: hour, data }
}

const departure = '2013-09-01T22:00:00Z'

function flight(id: string, index: number) {
  return {
    flight_id: id,
    carrier: 'UA',
    flight_number: index + 1,
    tail_number: 'N14228',
    origin: 'EWR',
    destination: 'IAH',
    scheduled_departure: departure
  }
}

function scheduled(id: string, index: number): Body {
  const data = {
    ...flight(id, index),
    local_date: '2013-09-01',
    aircraft: { manufactured: 1999, seats: 149 },
    scheduled_arrival: '2013-09-02T02:04:00Z',
    scheduled_block_minutes: 244,
    distance_miles: 1400
  }
  const dataschema = 'urn:sluice:flight.scheduled:1.0'
  return { type: 'flight.scheduled.v1', dataschema, time: '2013-09-01T20:00:00Z', data }
}

function departed(id: string, index: number, n: number): Body {
  const delay = n % 2800
  const time = new Date(Date.parse(departure) + delay * 60_000).toISOString()
  const data = { ...flight(id, index), departed_at: time, departure_delay_minutes: delay }
  return { type: 'flight.departed.v1', dataschema: 'urn:sluice:flight.departed:1.0', time, data }
}

function spoil(event: CloudEvent, fate: Fate): CloudEvent {
  const data = event.data as Record<string, unknown>
  if (fate === 'contract') return { ...event, data: { ...data, mood: 'grey' } }
  return fate === 'clock_skew' ? { ...event, time: '1999-12-31T23:00:00Z' } : event
}

function stationName(index: number): string {
  const letter = (n: number): string => String.fromCharCode(65 + (n % 26))
  return `Q${letter(Math.floor(index / 26))}${letter(index)}`
}
