import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadContracts, type Contract } from '@sluice/contracts'
import { checkReads } from '@sluice/contracts/testing'
import { loadViews, type StoreReader } from '@sluice/store'
import { declareReads } from './reads.ts'
import { watchFlights } from './src/flights/watch-flights.ts'

type Data = Readonly<Record<string, unknown>>

const schemas = join(import.meta.dirname, '../../schemas')
const contracts = await loadContracts(schemas)
const views = await loadViews(schemas, contracts)
const simMs = Date.parse('2014-01-01T00:00:00Z')
const scored = { arrival_delay: { probability: 0.25, model: 'arrival-delay', version: '1' } }

/** The page, and which keys it asked the store for: a store that is away, but hears. */
function pageOf(events: readonly (readonly [type: string, data: Data])[]): unknown {
  const flights = watchFlights()
  for (const [type, data] of events) flights.take(type, data)
  const asked: unknown[] = []
  const hear = (...keys: unknown[]) => {
    asked.push(keys)
    throw new Error('away')
  }
  void flights.refreshBoard(new Proxy({}, { get: () => hear }) as StoreReader, views, simMs, 0, null)
  return [flights.page(simMs), asked]
}

function exampleOf({ schema }: Contract): Data {
  return (schema as unknown as { examples: Data[] }).examples[0]!
}

describe('what the console reads of events', () => {
  it('is what its page of flights shows', () => {
    for (const contract of contracts.all) {
      const { type } = contract
      const example: Data = {
        ...exampleOf(contract),
        ...(type === 'flight.landed.v1' && { arrival_delay_minutes: 60 })
      }
      const isScheduled = type === 'flight.scheduled.v1'
      // Of a flight that was to arrive on another day: what a later event says of it shows.
      const before = { flight_id: example['flight_id'], scheduled_arrival: '2012-12-31T12:00:00Z', enrichment: scored }
      const page = (data: Data) =>
        pageOf([
          ['flight.scheduled.v1', isScheduled ? {} : before],
          [type, data]
        ])
      const document = isScheduled ? { ...example, enrichment: scored } : example
      assert.deepEqual(checkReads(declareReads(), type, [document], page), [])
    }
  })
})
