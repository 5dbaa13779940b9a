import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CloudEvent } from '@sluice/events'
import { checkEvent, checkPlace, checkType, knowsVersion, recordKeyOf } from './check-event.ts'
import { loadContracts } from './load-contracts.ts'
import { partitionOf } from './partition-of.ts'
import { contractFolder, orderPlaced } from './testdata/contract-folder.ts'

await using folder = await contractFolder({ 'order.placed.v1.json': orderPlaced() })
const contracts = await loadContracts(folder.dir)
const contract = contracts.byType('order.placed.v1')!

const now = Date.parse('2026-06-10T12:00:00Z')
const data = { order_id: 'A-1', total_cents: '-9223372036854775808', placed_at: '2026-06-10T11:59:00.123456Z' }
const event: CloudEvent = {
  specversion: '1.0',
  id: 'e-1',
  source: 'urn:shop',
  type: 'order.placed.v1',
  time: '2026-06-10T11:59:00Z',
  data
}

describe('checkEvent', () => {
  it('gives the contract of an event that holds to it', () => {
    assert.deepEqual(checkEvent(contracts, event, now), { ok: true, value: contract })
  })

  it('knows every minor version up to its own', () => {
    for (const dataschema of [
      'urn:sluice:order.placed:1.0',
      'urn:sluice:order.placed:1.1',
      'urn:sluice:order.placed:1.2',
      null
    ]) {
      assert.equal(outcomeOf({ dataschema }), 'ok')
    }
  })

  const bad: Record<string, [expected: string, members: Partial<CloudEvent>]> = {
    'a type that nobody knows': ['unknown_type /type', { type: 'order.paid.v1' }],
    'another major version': ['unknown_type /type', { type: 'order.placed.v2' }],
    'a type that is in every object': ['unknown_type /type', { type: 'constructor' }],
    'a newer minor version': ['unknown_version /dataschema', { dataschema: 'urn:sluice:order.placed:1.3' }],
    'the schema of another major version': [
      'unknown_version /dataschema',
      { dataschema: 'urn:sluice:order.placed:2.0' }
    ],
    'the schema of another type': ['unknown_version /dataschema', { dataschema: 'urn:sluice:order.paid:1.0' }],
    'the schema of somebody else': ['unknown_version /dataschema', { dataschema: 'https://example.com/1.0' }],
    'a version spelled otherwise': ['unknown_version /dataschema', { dataschema: 'urn:sluice:order.placed:1.01' }],
    'no data': ['contract /data', { data: undefined }],
    'data that is null': ['contract /data', { data: null }],
    'data that is a list': ['contract /data', { data: [data] }],
    'a missing property': ['contract /data/total_cents', { data: { ...data, total_cents: undefined } }],
    'a property too many': ['contract /data/a~1b', { data: { ...data, 'a/b': 1 } }],
    'a null where none may be': ['contract /data/placed_at', { data: { ...data, placed_at: null } }],
    'a number where text is wanted': ['contract /data/order_id', { data: { ...data, order_id: 1 } }],
    'text where a number is wanted': ['contract /data/quantity', { data: { ...data, quantity: '5' } }],
    'a fraction where an integer is wanted': ['contract /data/quantity', { data: { ...data, quantity: 1.5 } }],
    'an integer beyond its column': ['contract /data/quantity', { data: { ...data, quantity: 2147483648 } }],
    'a 64-bit integer beyond its column': [
      'contract /data/total_cents',
      { data: { ...data, total_cents: '9223372036854775808' } }
    ],
    'a 64-bit integer with a leading zero': ['contract /data/total_cents', { data: { ...data, total_cents: '07' } }],
    'a time with a lower-case t': [
      'contract /data/placed_at',
      { data: { ...data, placed_at: '2026-06-10t11:59:00Z' } }
    ],
    'a time with nanoseconds': [
      'contract /data/placed_at',
      { data: { ...data, placed_at: '2026-06-10T11:59:00.123456789Z' } }
    ],
    'a leap second': ['contract /data/placed_at', { data: { ...data, placed_at: '2016-12-31T23:59:60Z' } }],
    'a date that is none': ['contract /data/deliver_on', { data: { ...data, deliver_on: '2026-02-30' } }],
    'a value outside the enum': ['contract /data/status', { data: { ...data, status: 'lost' } }],
    'text outside the pattern': ['contract /data/sku', { data: { ...data, sku: 'ab-1' } }],
    'a list that is too long': ['contract /data/notes', { data: { ...data, notes: Array(6).fill('x') } }],
    'a deep mistake': [
      'contract /data/lines/1/prices/0',
      { data: { ...data, lines: [{ sku: 'x' }, { sku: 'y', prices: [null] }] } }
    ],
    'a key of more than 256 bytes': ['key /data/order_id', { data: { ...data, order_id: 'é'.repeat(200) } }],
    'a time too long ago': ['clock_skew /time', { time: '2026-06-03T11:59:59Z' }],
    'a time in the future': ['clock_skew /time', { time: '2026-06-10T12:05:00.001Z' }]
  }
  for (const [name, [expected, members]] of Object.entries(bad)) {
    it(`refuses ${name}`, () => {
      const found = outcomeOf(members)
      assert.equal(found, expected, `expected "${expected}", found "${found}"`)
    })
  }

  it('counts the ends of a window as inside', () => {
    assert.equal(outcomeOf({ time: '2026-06-03T12:00:00Z' }), 'ok')
    assert.equal(outcomeOf({ time: '2026-06-10T14:05:00+02:00' }), 'ok')
  })

  it('asks the calendar, not the clock, where the window is absolute', async () => {
    const schema = orderPlaced()
    schema['x-contract'].window = { from: '2013-01-01T00:00:00Z', to: '2013-12-31T23:59:59Z' }
    await using folder = await contractFolder({ 'order.placed.v1.json': schema })
    const historic = await loadContracts(folder.dir)
    assert.equal(checkEvent(historic, { ...event, time: '2013-06-01T00:00:00Z' }, now).ok, true)
    assert.equal(checkEvent(historic, event, now).ok, false)
  })

  it('quotes no value in a message, and the contract where that helps', () => {
    const checked = checkEvent(contracts, { ...event, data: { ...data, sku: 'secret' } }, now)
    assert.ok(!checked.ok)
    assert.equal(
      checked.problem.message,
      '/data/sku: expected text that matches ^[A-Z]{2}-[0-9]{1,8}$, found other text'
    )
  })
})

describe('checkType', () => {
  it('asks nothing of data', () => assert.equal(checkType(contracts, { ...event, data: 'anything' }).ok, true))
})

describe('knowsVersion', () => {
  it('is true up to the minor version of the contract', () => {
    assert.deepEqual(
      ['1.0', '1.2', '1.3', '0.1', '2.0', '1', '1.x', '', '1.-1'].map((version) => knowsVersion(contract, version)),
      [true, true, false, false, false, false, false, false, false]
    )
  })
})

describe('checkPlace', () => {
  const home = partitionOf('A-1', 6)

  it('accepts an event under its key in the partition of that key', () => assert.equal(place('A-1', home).ok, true))
  it('refuses another key, or none', () => {
    for (const key of ['A-2', '', null, '\0\0\0\0']) assert.equal(reasonOf(place(key, home)), 'key')
  })
  it('refuses another partition', () => assert.equal(reasonOf(place('A-1', (home + 1) % 6)), 'key'))
})

describe('recordKeyOf', () => {
  it('is the key of the contract, or else the id of the event', () => {
    assert.equal(recordKeyOf(contract, event), 'A-1')
    assert.equal(recordKeyOf(contract, { ...event, data: {} }), 'e-1')
  })
})

function outcomeOf(members: Partial<CloudEvent>): string {
  const changed = JSON.parse(JSON.stringify({ ...event, ...members })) as CloudEvent
  const checked = checkEvent(contracts, changed, now)
  return checked.ok ? 'ok' : `${checked.problem.reason} ${checked.problem.pointer}`
}

function place(key: string | null, partition: number) {
  return checkPlace(contract, event, { key: key === null ? null : Buffer.from(key), partition }, 6)
}

function reasonOf(checked: ReturnType<typeof checkPlace>): string {
  return checked.ok ? 'ok' : checked.problem.reason
}
