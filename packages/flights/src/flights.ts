import { dateOf, localMinutes } from './local-time.ts'
import { openTable, type Table } from './open-table.ts'

/** One flight that left New York in 2013, or should have. Times are minutes since 1970, UTC. */
export interface Flight {
  /** `20130101-UA-1545-EWR`: the local date of the scheduled departure, carrier, number, origin. Unique. */
  readonly id: string
  /** `2013-01-01`, New York. */
  readonly localDate: string
  readonly carrier: string
  readonly flightNumber: number
  readonly tailNumber: string | null
  readonly origin: string
  readonly destination: string
  readonly distanceMiles: number
  readonly scheduledDeparture: number
  readonly scheduledArrival: number
  /** Null: cancelled. */
  readonly departedAt: number | null
  /** Null: cancelled or diverted. */
  readonly landedAt: number | null
  readonly airTimeMinutes: number | null
  /** When a diverted flight reached its destination in the end, if it did. */
  readonly divertedArrival: number | null
  /** The local clock as printed in the data, hhmm (2400 occurs): only for checking the times above. */
  readonly printedDeparture: number | null
  readonly printedArrival: number | null
}

/** All flights, kept by column: 336,776 objects would take ten times the memory. */
export interface Flights {
  readonly count: number
  /** Rows are in no order that means anything. */
  at(row: number): Flight
}

const none = -2_147_483_648

/** Reads data/flights.parquet: 336,776 flights, well under 100 MB. */
export async function readFlights(dataDir: string): Promise<Flights> {
  const table = await openTable(dataDir, 'flights')
  const carrier = await texts(table, 'carrier')
  const flightNumber = await integers(table, 'flight_number')
  const tailNumber = await texts(table, 'tail_number')
  const origin = await texts(table, 'origin')
  const destination = await texts(table, 'destination')
  const distanceMiles = await integers(table, 'distance_miles')
  const scheduledDeparture = await integers(table, 'scheduled_departure')
  const scheduledBlock = await integers(table, 'scheduled_block_minutes')
  const departureDelay = await integers(table, 'departure_delay_minutes')
  const arrivalDelay = await integers(table, 'arrival_delay_minutes')
  const airTime = await integers(table, 'air_time_minutes')
  const divertedArrival = await integers(table, 'diverted_arrival')
  const printedDeparture = await integers(table, 'printed_departure')
  const printedArrival = await integers(table, 'printed_arrival')

  function at(row: number): Flight {
    const departure = present(scheduledDeparture, row)
    const arrival = departure + present(scheduledBlock, row)
    const departed = nullable(departureDelay, row)
    const landed = nullable(arrivalDelay, row)
    const localDate = dateOf(localMinutes(departure, 'America/New_York'))
    const number = present(flightNumber, row)
    return {
      id: `${localDate.replaceAll('-', '')}-${carrier(row)}-${number}-${origin(row)}`,
      localDate,
      carrier: carrier(row) as string,
      flightNumber: number,
      tailNumber: tailNumber(row),
      origin: origin(row) as string,
      destination: destination(row) as string,
      distanceMiles: present(distanceMiles, row),
      scheduledDeparture: departure,
      scheduledArrival: arrival,
      departedAt: departed === null ? null : departure + departed,
      landedAt: landed === null ? null : arrival + landed,
      airTimeMinutes: nullable(airTime, row),
      divertedArrival: nullable(divertedArrival, row),
      printedDeparture: nullable(printedDeparture, row),
      printedArrival: nullable(printedArrival, row)
    }
  }

  return { count: table.rows, at }
}

async function integers(table: Table, column: string): Promise<Int32Array> {
  const result = new Int32Array(table.rows)
  await table.read(column, (values, firstRow) => {
    for (let i = 0; i < values.length; i++) result[firstRow + i] = (values[i] as number | null | undefined) ?? none
  })
  return result
}

/** Texts repeat: each is kept once. */
async function texts(table: Table, column: string): Promise<(row: number) => string | null> {
  const known: (string | null)[] = []
  const codes = new Map<string | null, number>()
  const result = new Uint16Array(table.rows)
  await table.read(column, (values, firstRow) => {
    for (let i = 0; i < values.length; i++) {
      const text = (values[i] as string | null | undefined) ?? null
      let code = codes.get(text)
      if (code === undefined) {
        code = known.push(text) - 1
        codes.set(text, code)
      }
      result[firstRow + i] = code
    }
  })
  return (row) => known[result[row] as number] ?? null
}

function present(column: Int32Array, row: number): number {
  const value = column[row]
  if (value === undefined || value === none) throw new Error(`flights: row ${row}: expected a value, found none`)
  return value
}

function nullable(column: Int32Array, row: number): number | null {
  const value = column[row]
  return value === undefined || value === none ? null : value
}
