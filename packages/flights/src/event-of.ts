import type { CloudEvent } from '@sluice/events'
import type { Flight } from './flights.ts'
import { isoMinute } from './local-time.ts'
import type { Observation, Plane } from './reference-tables.ts'

/** What happens to a flight. In the order of the words, which is the order of events of the same minute. */
export const flightKinds = ['cancelled', 'departed', 'diverted', 'landed', 'scheduled'] as const

export type FlightKind = (typeof flightKinds)[number]

export const flightSource = 'urn:sluice:flight-producer'
export const weatherSource = 'urn:sluice:weather-producer'

/** Minutes, all assumed: the data says neither when a schedule was known nor when an observation was published. */
const scheduledBefore = 120
const observedAfter = 55
const divertedAfter = 240

/** When it happens, minutes since 1970; null where it never does. The contracts say which of these are assumed. */
export const minuteOf: Readonly<Record<FlightKind, (flight: Flight) => number | null>> = {
  scheduled: (flight) => flight.scheduledDeparture - scheduledBefore,
  departed: (flight) => flight.departedAt,
  landed: (flight) => flight.landedAt,
  cancelled: (flight) => (flight.departedAt === null ? flight.scheduledDeparture : null),
  diverted: (flight) => {
    if (flight.departedAt === null || flight.landedAt !== null) return null
    return flight.divertedArrival ?? flight.scheduledArrival + divertedAfter
  }
}

export function minuteOfObservation(observation: Observation): number {
  return observation.observedHour + observedAfter
}

/** The event `flight.<kind>.v1` that happens to a flight at a minute. */
export function flightEvent(
  kind: FlightKind,
  minute: number,
  flight: Flight,
  planes: ReadonlyMap<string, Plane>
): CloudEvent {
  return envelope(`flight.${kind}`, flightSource, `${flight.id}:${kind}`, minute, dataOf[kind](flight, minute, planes))
}

/** The event `weather.observed.v1` of an observation. */
export function weatherEvent(observation: Observation): CloudEvent {
  const { station } = observation
  const hour = isoMinute(observation.observedHour)
  return envelope('weather.observed', weatherSource, `${station}-${hour}`, minuteOfObservation(observation), {
    station,
    observed_hour: hour,
    temperature_f: observation.temperatureF,
    dew_point_f: observation.dewPointF,
    humidity_percent: observation.humidityPercent,
    wind_direction_degrees: observation.windDirectionDegrees,
    wind_speed_mph: observation.windSpeedMph,
    wind_gust_mph: observation.windGustMph,
    precipitation_inches: observation.precipitationInches,
    pressure_millibars: observation.pressureMillibars,
    visibility_miles: observation.visibilityMiles
  })
}

function envelope(name: string, source: string, id: string, minute: number, data: object): CloudEvent {
  return {
    specversion: '1.0',
    id,
    source,
    type: `${name}.v1`,
    time: isoMinute(minute),
    datacontenttype: 'application/json',
    dataschema: `urn:sluice:${name}:1.0`,
    data
  }
}

type DataOf = (flight: Flight, minute: number, planes: ReadonlyMap<string, Plane>) => object

const dataOf: Readonly<Record<FlightKind, DataOf>> = {
  scheduled: (flight, _minute, planes) => ({
    flight_id: flight.id,
    local_date: flight.localDate,
    carrier: flight.carrier,
    flight_number: flight.flightNumber,
    tail_number: flight.tailNumber,
    aircraft: aircraftOf(flight.tailNumber, planes),
    origin: flight.origin,
    destination: flight.destination,
    scheduled_departure: isoMinute(flight.scheduledDeparture),
    scheduled_arrival: isoMinute(flight.scheduledArrival),
    scheduled_block_minutes: flight.scheduledArrival - flight.scheduledDeparture,
    distance_miles: flight.distanceMiles
  }),
  departed: (flight, minute) => ({
    ...common(flight),
    scheduled_departure: isoMinute(flight.scheduledDeparture),
    departed_at: isoMinute(minute),
    departure_delay_minutes: minute - flight.scheduledDeparture
  }),
  landed: (flight, minute) => ({
    ...common(flight),
    scheduled_arrival: isoMinute(flight.scheduledArrival),
    landed_at: isoMinute(minute),
    arrival_delay_minutes: minute - flight.scheduledArrival,
    air_time_minutes: flight.airTimeMinutes
  }),
  cancelled: (flight) => ({ ...common(flight), scheduled_departure: isoMinute(flight.scheduledDeparture) }),
  diverted: (flight) => ({
    ...common(flight),
    scheduled_arrival: isoMinute(flight.scheduledArrival),
    landed_at: flight.divertedArrival === null ? null : isoMinute(flight.divertedArrival)
  })
}

function common(flight: Flight): object {
  return {
    flight_id: flight.id,
    carrier: flight.carrier,
    flight_number: flight.flightNumber,
    tail_number: flight.tailNumber,
    origin: flight.origin,
    destination: flight.destination
  }
}

function aircraftOf(tailNumber: string | null, planes: ReadonlyMap<string, Plane>): object | null {
  const plane = tailNumber === null ? undefined : planes.get(tailNumber)
  return plane === undefined ? null : { manufactured: plane.manufactured, seats: plane.seats }
}
