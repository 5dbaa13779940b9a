import assert from 'node:assert/strict'
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { RefusedError } from '@sluice/events'
import { readFlights } from './flights.ts'
import { localMinutes } from './local-time.ts'
import { readAirlines, readAirports, readPlanes, readWeather } from './reference-tables.ts'
import { dataDir } from './testing/data-dir.ts'

describe('data/', () => {
  it('is under 4 MB with everything in it', async () => {
    const names = await readdir(dataDir, { recursive: true })
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(dataDir, name))).size))
    const total = sizes.reduce((sum, size) => sum + size, 0)
    assert.ok(total < 4_000_000, `${total} bytes`)
  })

  it('has every row that the source has', async () => {
    const tables = [
      await readFlights(dataDir).then((flights) => flights.count),
      await readWeather(dataDir).then((weather) => weather.length),
      await readPlanes(dataDir).then((planes) => planes.size),
      await readAirlines(dataDir).then((airlines) => airlines.size)
    ]
    assert.deepEqual(tables, [336_776, 26_115, 3_322, 16])
  })

  it('names licence, digest and origin of the source', async () => {
    const notice = await readFile(join(dataDir, 'NOTICE'), 'utf8')
    const { sha256 } = JSON.parse(await readFile(join(dataDir, 'manifest.json'), 'utf8')) as { sha256: string }
    assert.ok(notice.includes('License: CC0'))
    assert.ok(notice.includes(sha256))
  })

  it('is refused where a file is not the one that the manifest describes', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'flights-'))
    t.after(() => rm(folder, { recursive: true }))
    await cp(dataDir, folder, { recursive: true })
    const bytes = await readFile(join(folder, 'airlines.parquet'))
    bytes[100] = (bytes[100] ?? 0) ^ 1
    await writeFile(join(folder, 'airlines.parquet'), bytes)
    await assert.rejects(readAirlines(folder), RefusedError)
    await rm(join(folder, 'planes.parquet'))
    await assert.rejects(readPlanes(folder), /planes.parquet: expected a readable file/)
  })
})

describe('the times of all flights', () => {
  it('show, on the local clock, what the source printed; one arrival in the night of the clock change differs', async () => {
    const flights = await readFlights(dataDir)
    const airports = await readAirports(dataDir)
    const zoneOf = (code: string) => airports.get(code)?.timeZone ?? assert.fail(`no airport ${code}`)
    const departures = { compared: 0, different: [] as string[] }
    const arrivals = { compared: 0, different: [] as string[] }
    function compare(list: typeof arrivals, at: number | null, zone: string, printed: number | null, id: string): void {
      if (at === null) return
      list.compared++
      if (printed === null || clockOf(at, zone) !== printed % 2400) list.different.push(id)
    }
    for (let row = 0; row < flights.count; row++) {
      const { id, origin, destination, ...flight } = flights.at(row)
      compare(departures, flight.departedAt, zoneOf(origin), flight.printedDeparture, id)
      compare(arrivals, flight.landedAt, zoneOf(destination), flight.printedArrival, id)
    }
    assert.deepEqual(departures, { compared: 328_521, different: [] })
    assert.equal(arrivals.compared, 327_346)
    assert.deepEqual(arrivals.different, ['20130309-B6-35-JFK'])
  })

  it('of a diverted flight show it too, after the departure', async () => {
    const flights = await readFlights(dataDir)
    const airports = await readAirports(dataDir)
    let compared = 0
    for (let row = 0; row < flights.count; row++) {
      const { divertedArrival, departedAt, printedArrival, destination, id } = flights.at(row)
      if (divertedArrival === null) continue
      compared++
      const zone = airports.get(destination)?.timeZone ?? ''
      assert.equal(clockOf(divertedArrival, zone), (printedArrival ?? 0) % 2400, id)
      assert.ok(departedAt !== null && divertedArrival > departedAt, id)
    }
    assert.equal(compared, 717)
  })
})

/** hhmm on the clock of a zone. */
function clockOf(minutes: number, zone: string): number {
  const minute = localMinutes(minutes, zone) % 1440
  return Math.floor(minute / 60) * 100 + (minute % 60)
}
