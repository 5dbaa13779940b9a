import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadContracts, partitionOf } from '@sluice/contracts'
import { header } from '@sluice/events'
import { originOf, type SinkRecord } from '@sluice/kafka'
import { loadViews, type Operation } from '@sluice/store'
import { createProject } from './project-event.ts'

const schemas = join(import.meta.dirname, '../../../schemas')
const contracts = await loadContracts(schemas)
const views = await loadViews(schemas, contracts)
const projectEvent = createProject({ contracts, views })

const timestampMs = Date.parse('2026-11-22T15:26:54.120Z')
const threeDays = timestampMs + 3 * 86_400_000

const scheduled = {
  flight_id: '20130901-UA-1545-EWR',
  local_date: '2013-09-01',
  carrier: 'UA',
  flight_number: 1545,
  tail_number: null,
  aircraft: null,
  origin: 'EWR',
  destination: 'IAH',
  scheduled_departure: '2013-09-01T23:30:00-04:00',
  scheduled_arrival: '2013-09-02T06:19:00Z',
  scheduled_block_minutes: 169,
  distance_miles: 1400,
  enrichment: { arrival_delay: { probability: 0.25, model: 'arrival-delay', version: '1', sha256: 'abc' } }
}

function recordOf(type: string, data: object, changes: Partial<SinkRecord> = {}): SinkRecord {
  const contract = contracts.byType(type)
  const key = contract?.keyOf(data) ?? 'none'
  const event = {
    specversion: '1.0',
    id: 'i',
    source: 'urn:s',
    type,
    time: '2013-09-01T20:00:00Z',
    receivedtime: '2026-11-22T15:26:54.000Z',
    data
  }
  const written = {
    topic: contracts.topics.enriched.name,
    partition: partitionOf(key, contracts.topics.enriched.partitions),
    offset: 12n,
    timestampMs,
    key: Buffer.from(key),
    value: Buffer.from(JSON.stringify(event)),
    ...changes,
    headers: {
      [header.eventType]: Buffer.from(type),
      [header.contractVersion]: Buffer.from(contract?.version ?? '1.0'),
      [header.originOffset]: Buffer.from('7'),
      ...changes.headers
    }
  }
  return { ...written, origin: originOf(written, 'events.raw') }
}

function operationsOf(record: SinkRecord): Record<string, Operation> {
  const projection = projectEvent(record)
  assert.equal(projection.kind, 'changes')
  const operations = projection.kind === 'changes' ? projection.operations : []
  return Object.fromEntries(operations.map((operation) => [operation.key, operation]))
}

describe('projecting an event', () => {
  it('lays a scheduled flight over its state, on both boards, into the predictions and the counts', () => {
    const record = recordOf('flight.scheduled.v1', scheduled)
    const operations = operationsOf(record)
    assert.deepEqual(operations, {
      'flight:20130901-UA-1545-EWR': {
        kind: 'merge',
        key: 'flight:20130901-UA-1545-EWR',
        expiresAtMs: threeDays,
        set: {
          status: 'scheduled',
          carrier: 'UA',
          flight_number: '1545',
          origin: 'EWR',
          destination: 'IAH',
          scheduled_departure: '2013-09-01T23:30:00-04:00',
          scheduled_arrival: '2013-09-02T06:19:00Z',
          distance_miles: '1400',
          as_of: '2013-09-01T20:00:00Z',
          late_probability: '0.25',
          model: 'arrival-delay',
          model_version: '1'
        },
        remove: ['tail_number']
      },
      'departures:EWR:2013-09-02': {
        kind: 'entry',
        key: 'departures:EWR:2013-09-02',
        expiresAtMs: threeDays,
        field: '20130901-UA-1545-EWR',
        value: '2013-09-01T23:30:00-04:00'
      },
      'arrivals:IAH:2013-09-02': {
        kind: 'entry',
        key: 'arrivals:IAH:2013-09-02',
        expiresAtMs: threeDays,
        field: '20130901-UA-1545-EWR',
        value: '2013-09-02T06:19:00Z'
      },
      [`predictions:${record.partition}`]: {
        kind: 'recent',
        key: `predictions:${record.partition}`,
        expiresAtMs: threeDays,
        size: 50,
        value: JSON.stringify({
          flight_id: '20130901-UA-1545-EWR',
          origin: 'EWR',
          destination: 'IAH',
          scheduled_departure: '2013-09-01T23:30:00-04:00',
          scheduled_arrival: '2013-09-02T06:19:00Z',
          late_probability: '0.25',
          model: 'arrival-delay',
          model_version: '1',
          received_at: '2026-11-22T15:26:54.000Z'
        })
      },
      'counts:2026-11-22T15:26Z': {
        kind: 'count',
        key: 'counts:2026-11-22T15:26Z',
        expiresAtMs: Date.parse('2026-11-23T15:27:00Z'),
        field: 'flight.scheduled.v1',
        by: 1
      }
    })
  })

  it('leaves out a prediction that was not made', () => {
    for (const enrichment of [undefined, null, { arrival_delay: null }]) {
      const operations = operationsOf(recordOf('flight.scheduled.v1', { ...scheduled, enrichment }))
      assert.ok(!Object.keys(operations).some((key) => key.startsWith('predictions')))
    }
  })

  it('gives the same end to every count of a minute, so that sums commute', () => {
    const ends = [0, 1, 59_999].map((ms) => {
      const minute = Date.parse('2026-11-22T15:26:00Z')
      return operationsOf(recordOf('weather.observed.v1', { station: 'EWR' }, { timestampMs: minute + ms }))[
        'counts:2026-11-22T15:26Z'
      ]?.expiresAtMs
    })
    assert.equal(new Set(ends).size, 1)
  })

  it('makes something of every valid example of every contract that a view names', () => {
    const viewed = new Set(views.states.flatMap(({ events }) => [...events.keys()]))
    for (const { type } of contracts.all.filter(({ type }) => viewed.has(type))) {
      const folder = join(schemas, 'examples', type)
      for (const name of readdirSync(folder).filter((file) => file.startsWith('valid-'))) {
        const example = JSON.parse(readFileSync(join(folder, name), 'utf8')) as object
        for (const data of [example].flat()) {
          const operations = Object.values(operationsOf(recordOf(type, data)))
          assert.ok(operations.length > 1, `${type}/${name}`)
          assert.ok(
            operations.some(({ kind }) => kind === 'merge'),
            `${type}/${name}`
          )
        }
      }
    }
  })

  it('passes what the enricher did not write, and says why', () => {
    const good = recordOf('flight.scheduled.v1', scheduled)
    const key = Buffer.from('20130901-UA-1-JFK')
    const reasons = Object.entries({
      unknown_type: recordOf('flight.teleported.v1', {}),
      unknown_version: recordOf('flight.scheduled.v1', scheduled, {
        headers: { [header.contractVersion]: Buffer.from('new') }
      }),
      headers: recordOf('flight.scheduled.v1', scheduled, { headers: { [header.originOffset]: Buffer.from('-1') } }),
      parse: { ...good, value: Buffer.from('{') },
      key: { ...good, key, partition: partitionOf(key, contracts.topics.enriched.partitions) }
    }).map(([expected, record]) => {
      const projection = projectEvent(record)
      return [expected, projection.kind === 'passed' ? projection.reason : projection.kind]
    })
    assert.deepEqual(
      reasons,
      reasons.map(([expected]) => [expected, expected])
    )
    for (const value of [null, Buffer.from('null'), Buffer.from('[]'), Buffer.from('"x"')]) {
      assert.equal(projectEvent({ ...good, value }).kind, 'passed')
    }
    assert.equal(projectEvent({ ...good, partition: (good.partition + 1) % 6 }).kind, 'passed')
  })

  it('does not judge a record of a newer contract', () => {
    const newer = recordOf('flight.scheduled.v1', scheduled, {
      headers: { [header.contractVersion]: Buffer.from('1.4') }
    })
    assert.deepEqual(projectEvent(newer), {
      kind: 'newer',
      message: 'it holds flight.scheduled 1.4, this loader knows 1.0: upgrade the loader first'
    })
  })
})
