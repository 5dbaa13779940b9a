import { openTable } from './open-table.ts'

/** The hourly weather of one of the three airports, in the units of the contract; null where nothing was measured. */
export interface Observation {
  readonly station: string
  /** Start of the hour, minutes since 1970, UTC. */
  readonly observedHour: number
  readonly temperatureF: number | null
  readonly dewPointF: number | null
  readonly humidityPercent: number | null
  readonly windDirectionDegrees: number | null
  readonly windSpeedMph: number | null
  readonly windGustMph: number | null
  readonly precipitationInches: number | null
  readonly pressureMillibars: number | null
  readonly visibilityMiles: number | null
}

/** An aircraft by the register of the FAA. Registrations are used again: some entries are not the airliner that flew. */
export interface Plane {
  readonly tailNumber: string
  readonly manufactured: number | null
  readonly type: string | null
  readonly manufacturer: string | null
  readonly model: string | null
  readonly engines: number | null
  readonly seats: number | null
  readonly speed: number | null
  readonly engine: string | null
}

/** An airport that a flight of the data left from or went to; four of them have no known place. */
export interface Airport {
  readonly code: string
  readonly name: string
  readonly latitude: number | null
  readonly longitude: number | null
  readonly altitudeFeet: number | null
  /** IANA name. */
  readonly timeZone: string
}

export interface Airline {
  readonly carrier: string
  readonly name: string
}

/** 26,115 observations, by station and hour. */
export async function readWeather(dataDir: string): Promise<readonly Observation[]> {
  return (await readRows(dataDir, 'weather', [
    'station',
    'observedHour',
    'temperatureF',
    'dewPointF',
    'humidityPercent',
    'windDirectionDegrees',
    'windSpeedMph',
    'windGustMph',
    'precipitationInches',
    'pressureMillibars',
    'visibilityMiles'
  ])) as unknown as Observation[]
}

/** By tail number. */
export async function readPlanes(dataDir: string): Promise<ReadonlyMap<string, Plane>> {
  const rows = await readRows(dataDir, 'planes', [
    'tailNumber',
    'manufactured',
    'type',
    'manufacturer',
    'model',
    'engines',
    'seats',
    'speed',
    'engine'
  ])
  return new Map((rows as unknown as Plane[]).map((plane) => [plane.tailNumber, plane]))
}

/** By code. */
export async function readAirports(dataDir: string): Promise<ReadonlyMap<string, Airport>> {
  const rows = await readRows(dataDir, 'airports', [
    'code',
    'name',
    'latitude',
    'longitude',
    'altitudeFeet',
    'timeZone'
  ])
  return new Map((rows as unknown as Airport[]).map((airport) => [airport.code, airport]))
}

/** By carrier. */
export async function readAirlines(dataDir: string): Promise<ReadonlyMap<string, Airline>> {
  const rows = await readRows(dataDir, 'airlines', ['carrier', 'name'])
  return new Map((rows as unknown as Airline[]).map((airline) => [airline.carrier, airline]))
}

/** Columns are the properties in snake case. */
async function readRows(
  dataDir: string,
  name: string,
  properties: readonly string[]
): Promise<Record<string, unknown>[]> {
  const table = await openTable(dataDir, name)
  const rows = Array.from({ length: table.rows }, (): Record<string, unknown> => ({}))
  for (const property of properties) {
    const column = property.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    await table.read(column, (values, firstRow) => {
      for (let i = 0; i < values.length; i++)
        (rows[firstRow + i] as Record<string, unknown>)[property] = values[i] ?? null
    })
  }
  return rows
}
