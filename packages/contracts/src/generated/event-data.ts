// Written by tools/generate-types.ts from schemas/. Do not edit.

/**
 * A flight did not leave. The event time, equal to the scheduled departure, is assumed: the data does not say when the cancellation was announced.
 */
export interface FlightCancelledV1 {
  /**
   * Local date of the scheduled departure (New York), carrier, flight number and origin: unique over the year, the same in every event of a flight.
   */
  flight_id: string
  /**
   * Operating carrier, two-character IATA code.
   */
  carrier: string
  /**
   * Flight number, without the carrier.
   */
  flight_number: number
  /**
   * Registration of the aircraft: United States, so N and one to five letters or digits. Null where no aircraft was ever assigned (only among cancelled flights).
   */
  tail_number: string | null
  /**
   * Airport of departure, three-letter FAA code: EWR, JFK or LGA.
   */
  origin: string
  /**
   * Airport that the flight was scheduled to, three-letter FAA code.
   */
  destination: string
  /**
   * Scheduled departure, UTC, exact to the minute.
   */
  scheduled_departure: string
}

/**
 * A flight has left the gate. The event time is the real departure.
 */
export interface FlightDepartedV1 {
  /**
   * Local date of the scheduled departure (New York), carrier, flight number and origin: unique over the year, the same in every event of a flight.
   */
  flight_id: string
  /**
   * Operating carrier, two-character IATA code.
   */
  carrier: string
  /**
   * Flight number, without the carrier.
   */
  flight_number: number
  /**
   * Registration of the aircraft: United States, so N and one to five letters or digits. Null where no aircraft was ever assigned (only among cancelled flights).
   */
  tail_number: string | null
  /**
   * Airport of departure, three-letter FAA code: EWR, JFK or LGA.
   */
  origin: string
  /**
   * Airport that the flight was scheduled to, three-letter FAA code.
   */
  destination: string
  /**
   * Scheduled departure, UTC, exact to the minute.
   */
  scheduled_departure: string
  /**
   * Real departure from the gate, UTC, exact to the minute.
   */
  departed_at: string
  /**
   * Real minus scheduled departure, in minutes; negative is early.
   */
  departure_delay_minutes: number
}

/**
 * A flight left and landed somewhere else first. The event time is the real final arrival where it is known; otherwise it is assumed, 240 minutes after the scheduled arrival.
 */
export interface FlightDivertedV1 {
  /**
   * Local date of the scheduled departure (New York), carrier, flight number and origin: unique over the year, the same in every event of a flight.
   */
  flight_id: string
  /**
   * Operating carrier, two-character IATA code.
   */
  carrier: string
  /**
   * Flight number, without the carrier.
   */
  flight_number: number
  /**
   * Registration of the aircraft: United States, so N and one to five letters or digits. Null where no aircraft was ever assigned (only among cancelled flights).
   */
  tail_number: string | null
  /**
   * Airport of departure, three-letter FAA code: EWR, JFK or LGA.
   */
  origin: string
  /**
   * Airport that the flight was scheduled to, three-letter FAA code.
   */
  destination: string
  /**
   * Scheduled arrival, UTC, exact to the minute.
   */
  scheduled_arrival: string
  /**
   * Arrival at the destination in the end, UTC, exact to the minute; null where the flight is not known to have reached it.
   */
  landed_at: string | null
}

/**
 * A flight has arrived at the gate of its destination. The event time is the real arrival. This is the label that a predicted delay waits for.
 */
export interface FlightLandedV1 {
  /**
   * Local date of the scheduled departure (New York), carrier, flight number and origin: unique over the year, the same in every event of a flight.
   */
  flight_id: string
  /**
   * Operating carrier, two-character IATA code.
   */
  carrier: string
  /**
   * Flight number, without the carrier.
   */
  flight_number: number
  /**
   * Registration of the aircraft: United States, so N and one to five letters or digits. Null where no aircraft was ever assigned (only among cancelled flights).
   */
  tail_number: string | null
  /**
   * Airport of departure, three-letter FAA code: EWR, JFK or LGA.
   */
  origin: string
  /**
   * Airport that the flight was scheduled to, three-letter FAA code.
   */
  destination: string
  /**
   * Scheduled arrival, UTC, exact to the minute.
   */
  scheduled_arrival: string
  /**
   * Real arrival at the gate, UTC, exact to the minute.
   */
  landed_at: string
  /**
   * Real minus scheduled arrival, in minutes; negative is early.
   */
  arrival_delay_minutes: number
  /**
   * Minutes between take-off and touch-down.
   */
  air_time_minutes: number | null
}

/**
 * A flight is about to leave. The moment of this event, 120 minutes before the scheduled departure, is assumed: the data does not say when a schedule was known. Everything else is as reported, with times converted to UTC.
 */
export interface FlightScheduledV1 {
  /**
   * Local date of the scheduled departure (New York), carrier, flight number and origin: unique over the year, the same in every event of a flight.
   */
  flight_id: string
  /**
   * Date of the scheduled departure on the clock of New York.
   */
  local_date: string
  /**
   * Operating carrier, two-character IATA code.
   */
  carrier: string
  /**
   * Flight number, without the carrier.
   */
  flight_number: number
  /**
   * Registration of the aircraft: United States, so N and one to five letters or digits. Null where no aircraft was ever assigned (only among cancelled flights).
   */
  tail_number: string | null
  /**
   * What the register of aircraft says of the tail number; null where it knows none.
   */
  aircraft: {
    /**
     * Year of manufacture. An older one is a registration that was used again: no airliner of 2013 was built before 1965.
     */
    manufactured: number | null
    /**
     * Number of seats. Fewer than 20 is a registration that was used again by a small aircraft, not an airliner.
     */
    seats: number | null
  } | null
  /**
   * Airport of departure, three-letter FAA code: EWR, JFK or LGA.
   */
  origin: string
  /**
   * Airport that the flight was scheduled to, three-letter FAA code.
   */
  destination: string
  /**
   * Scheduled departure, UTC, exact to the minute.
   */
  scheduled_departure: string
  /**
   * Scheduled arrival, UTC, exact to the minute.
   */
  scheduled_arrival: string
  /**
   * Scheduled arrival minus scheduled departure, in minutes.
   */
  scheduled_block_minutes: number
  /**
   * Great-circle distance between the airports, in statute miles. No scheduled flight of the data is shorter than 50 but one, which never left.
   */
  distance_miles: number
}

/**
 * The hourly weather of an airport. The event time, 55 minutes after the start of the hour, is assumed: an observation is made within its hour and published at the end of it.
 */
export interface WeatherObservedV1 {
  /**
   * Airport of the station, three-letter FAA code: EWR, JFK or LGA.
   */
  station: string
  /**
   * Start of the hour of the observation, UTC. The instruments were read within it (up to its 51st minute), not at its start.
   */
  observed_hour: string
  /**
   * Air temperature, degrees Fahrenheit.
   */
  temperature_f: number | null
  /**
   * Dew point, degrees Fahrenheit.
   */
  dew_point_f: number | null
  /**
   * Relative humidity, per cent.
   */
  humidity_percent: number | null
  /**
   * Where the wind comes from, degrees from true north; 0 is calm.
   */
  wind_direction_degrees: number | null
  /**
   * Wind, statute miles an hour. More than 250 is a broken instrument: the fastest gust ever measured on Earth was 253.
   */
  wind_speed_mph: number | null
  /**
   * Gusts, statute miles an hour; null where there were none.
   */
  wind_gust_mph: number | null
  /**
   * Precipitation in the hour, inches: the most that was reported within it.
   */
  precipitation_inches: number | null
  /**
   * Air pressure at sea level, millibars.
   */
  pressure_millibars: number | null
  /**
   * Visibility, statute miles; the instruments report at most 10.
   */
  visibility_miles: number | null
}

/** `data` by event type. */
export interface EventData {
  'flight.cancelled.v1': FlightCancelledV1
  'flight.departed.v1': FlightDepartedV1
  'flight.diverted.v1': FlightDivertedV1
  'flight.landed.v1': FlightLandedV1
  'flight.scheduled.v1': FlightScheduledV1
  'weather.observed.v1': WeatherObservedV1
}
