import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { checkEvent, loadContracts } from '@sluice/contracts'
import type { CloudEvent } from '@sluice/events'
import { deriveEvents, type EventRange, type EventSources } from './derive-events.ts'
import { readFlights } from './flights.ts'
import { readPlanes, readWeather } from './reference-tables.ts'
import { dataDir, schemasDir } from './testing/data-dir.ts'

describe('deriveEvents', () => {
  let sources: EventSources
  before(async () => {
    const [flights, planes, weather] = [
      await readFlights(dataDir),
      await readPlanes(dataDir),
      await readWeather(dataDir)
    ]
    sources = { flights: { flights, planes }, weather }
  })

  it('makes the whole year, in order, and the contracts refuse exactly the rows that are dirty by nature', async () => {
    const contracts = await loadContracts(schemasDir)
    const counts: Record<string, number> = {}
    const refused: Record<string, number> = {}
    let previous: CloudEvent | null = null
    let disordered = 0
    for (const event of deriveEvents(sources)) {
      add(counts, event.type)
      if (previous !== null && !isBefore(previous, event)) disordered++
      previous = event
      const checked = checkEvent(contracts, event, Date.now())
      if (!checked.ok) add(refused, `${event.type} ${checked.problem.reason} ${checked.problem.pointer}`)
    }
    assert.equal(disordered, 0)
    assert.deepEqual(counts, {
      'flight.scheduled.v1': 336_776,
      'flight.departed.v1': 328_521,
      'flight.landed.v1': 327_346,
      'flight.cancelled.v1': 8_255,
      'flight.diverted.v1': 1_175,
      'weather.observed.v1': 26_115
    })
    assert.deepEqual(refused, {
      // 2,421 flights have an aircraft with fewer than 20 seats; 169 of these are also too old, and that is said first.
      'flight.scheduled.v1 contract /data/aircraft/seats': 2_252,
      'flight.scheduled.v1 contract /data/aircraft/manufactured': 191,
      // D942DN, four flights.
      'flight.scheduled.v1 contract /data/tail_number': 4,
      'flight.departed.v1 contract /data/tail_number': 4,
      'flight.landed.v1 contract /data/tail_number': 4,
      // Newark to LaGuardia, cancelled.
      'flight.scheduled.v1 contract /data/distance_miles': 1,
      // 1,048 miles an hour.
      'weather.observed.v1 contract /data/wind_speed_mph': 1
    })
  })

  it('makes the same events again, from any of them on', () => {
    const day: EventRange = { fromMs: Date.parse('2013-09-01'), toMs: Date.parse('2013-09-02') }
    const events = Array.from(deriveEvents(sources, day))
    assert.ok(events.length > 2_000)
    for (const index of [0, 1, 2, 3, 500, 501, 502, events.length - 1]) {
      const rest = Array.from(deriveEvents(sources, { ...day, after: events[index] ?? null }))
      assert.deepEqual(rest, events.slice(index + 1), `after ${index}`)
    }
  })

  it('makes what lies between from and to, without a gap between two ranges', () => {
    const [start, middle, end] = ['2013-09-01', '2013-09-02', '2013-09-03'].map(Date.parse) as [number, number, number]
    const both = Array.from(deriveEvents(sources, { fromMs: start, toMs: end }))
    const first = Array.from(deriveEvents(sources, { fromMs: start, toMs: middle }))
    const second = Array.from(deriveEvents(sources, { fromMs: middle, toMs: end }))
    assert.deepEqual([...first, ...second], both)
    assert.ok(first.every(({ time }) => time.startsWith('2013-09-01')))
  })

  it('tells the story of a flight', () => {
    const events = Array.from(deriveEvents(sources, { toMs: Date.parse('2013-01-02') }))
    const story = events.filter(({ data }) => (data as { flight_id?: string }).flight_id === '20130101-UA-1545-EWR')
    assert.deepEqual(
      story.map(({ time, id }) => `${time} ${id}`),
      [
        '2013-01-01T08:15:00Z 20130101-UA-1545-EWR:scheduled',
        '2013-01-01T10:17:00Z 20130101-UA-1545-EWR:departed',
        '2013-01-01T14:30:00Z 20130101-UA-1545-EWR:landed'
      ]
    )
    assert.deepEqual(story[0], {
      specversion: '1.0',
      id: '20130101-UA-1545-EWR:scheduled',
      source: 'urn:sluice:flight-producer',
      type: 'flight.scheduled.v1',
      time: '2013-01-01T08:15:00Z',
      datacontenttype: 'application/json',
      dataschema: 'urn:sluice:flight.scheduled:1.0',
      data: {
        flight_id: '20130101-UA-1545-EWR',
        local_date: '2013-01-01',
        carrier: 'UA',
        flight_number: 1545,
        tail_number: 'N14228',
        aircraft: { manufactured: 1999, seats: 149 },
        origin: 'EWR',
        destination: 'IAH',
        scheduled_departure: '2013-01-01T10:15:00Z',
        scheduled_arrival: '2013-01-01T14:19:00Z',
        scheduled_block_minutes: 244,
        distance_miles: 1400
      }
    })
  })
})

describe('the bounds of the contracts', () => {
  /** By the rows of data/ alone, without contracts and events. */
  it('are broken by as many rows of 2013 as the notes say', async () => {
    const [flights, planes, weather] = [
      await readFlights(dataDir),
      await readPlanes(dataDir),
      await readWeather(dataDir)
    ]
    const broken = { wind: 0, miles: 0, seats: 0, manufactured: 0, registration: 0 }
    for (const { windSpeedMph } of weather) if ((windSpeedMph ?? 0) > 250) broken.wind++
    for (let row = 0; row < flights.count; row++) {
      const { distanceMiles, tailNumber } = flights.at(row)
      const plane = planes.get(tailNumber ?? '')
      if (distanceMiles < 50) broken.miles++
      if ((plane?.seats ?? 20) < 20) broken.seats++
      if ((plane?.manufactured ?? 1965) < 1965) broken.manufactured++
      if (tailNumber?.startsWith('N') === false) broken.registration++
    }
    assert.deepEqual(broken, { wind: 1, miles: 1, seats: 2_421, manufactured: 191, registration: 4 })
  })
})

function add(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1
}

function isBefore(a: CloudEvent, b: CloudEvent): boolean {
  if (a.time !== b.time) return a.time < b.time
  return a.type === b.type ? a.id < b.id : a.type < b.type
}
