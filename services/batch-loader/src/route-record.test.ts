import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadContracts } from '@sluice/contracts'
import { originOf, type SinkRecord } from '@sluice/kafka'
import { routeRecord, rowLine } from './route-record.ts'
import { enrichedHeaders } from './testing/lake-bench.ts'

const contracts = await loadContracts(join(import.meta.dirname, 'testing/contracts'))

function record(value: string | null, headers: Readonly<Record<string, string>>): SinkRecord {
  const buffers = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const)
  const written = {
    topic: 'events.enriched',
    partition: 4,
    offset: 7n,
    timestampMs: 0,
    key: null,
    value: value === null ? null : Buffer.from(value),
    headers: Object.fromEntries(buffers)
  }
  return { ...written, origin: originOf(written, 'events.raw') }
}

describe('the way of a record', () => {
  it('is that of its contract, for every minor up to the known one', () => {
    for (const version of ['1.0', '1.1']) {
      const route = routeRecord(contracts, record('{}', enrichedHeaders('reading.taken.v1', version, 12)))
      assert.ok(route.kind === 'row')
      assert.deepEqual([route.contract.table, route.rawOffset], ['reading_taken_v1', 12n])
    }
  })

  const good = enrichedHeaders('reading.taken.v1', '1.1', 12)
  const deadLetters: Record<string, [SinkRecord, string]> = {
    'no value': [record(null, good), 'null_value'],
    'no type': [record('{}', { ...good, event_type: '' }), 'unknown_type'],
    'an unknown type': [record('{}', { ...good, event_type: 'toString' }), 'unknown_type'],
    'another major': [record('{}', { ...good, contract_version: '2.0' }), 'unknown_version'],
    'a version that is none': [record('{}', { ...good, contract_version: '1.x' }), 'unknown_version'],
    'an origin that is none': [record('{}', { ...good, origin_offset: '1e3' }), 'headers'],
    'no header at all': [record('{}', {}), 'headers']
  }
  for (const [what, [bad, reason]] of Object.entries(deadLetters)) {
    it(`ends among the dead letters with ${what}`, () => {
      const route = routeRecord(contracts, bad)
      assert.ok(route.kind === 'dead-letter')
      assert.equal(route.problem.reason, reason)
    })
  }

  it('stops at a newer minor, naming both', () => {
    const route = routeRecord(contracts, record('{}', enrichedHeaders('reading.taken.v1', '1.12', 12)))
    assert.ok(route.kind === 'stop')
    assert.match(route.reason, /events.enriched\/4 is stopped at offset 7: reading.taken 1.12 is newer than 1.1/)
  })
})

describe('the line of a row', () => {
  it('holds the bytes of the event, on one line', () => {
    const { prefix, bytes, suffix } = rowLine(record('\uFEFF{"a":\r\n"é\\n"}', {}), 9n)
    assert.equal(`${prefix}${bytes.toString()}${suffix}`, '{"p":4,"o":7,"r":9,"e":{"a":  "é\\n"}}\n')
  })
})
