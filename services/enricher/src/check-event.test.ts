import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { before, describe, it } from 'node:test'
import { loadContracts, partitionOf, recordKeyOf, type Contracts } from '@sluice/contracts'
import { identityOf, type CloudEvent, type KafkaRecord } from '@sluice/events'
import { createCheck } from './check-event.ts'

const schemas = resolve(import.meta.dirname, '../../../schemas')
const receivedtime = '2026-11-22T15:26:00.000001Z'

describe('check of a raw record', () => {
  let contracts: Contracts
  let check: ReturnType<typeof createCheck>
  before(async () => {
    contracts = await loadContracts(schemas)
    check = createCheck({ contracts })
  })

  it('accepts the valid examples of every contract', () => {
    for (const { type, window } of contracts.all) {
      for (const data of examples(type, 'valid')) {
        const event = eventOf(type, data, window.kind === 'relative' ? receivedtime : undefined)
        const verdict = check(recordOf(event))
        assert.deepEqual(verdict.result.ok ? null : verdict.result.problem, null)
        assert.equal(verdict.identity, identityOf('key-1', event.source, event.id))
      }
    }
  })

  it('names reason and pointer for the invalid examples of every contract', () => {
    for (const { type } of contracts.all) {
      for (const example of examples(type, 'invalid')) {
        const { data, pointer, reason } = example as { data: unknown; pointer: string; reason: string }
        const { result } = check(recordOf(eventOf(type, data)))
        assert.ok(!result.ok, `${type} ${pointer}`)
        assert.deepEqual([result.problem.reason, result.problem.pointer], [reason, pointer])
      }
    }
  })

  it('repeats the checks of the collector, since anyone may write into the topic', () => {
    const good = eventOf('weather.observed.v1', examples('weather.observed.v1', 'valid')[0])
    const cases: [Buffer | null, string][] = [
      [null, 'null_value'],
      [Buffer.from(''), 'parse'],
      [Buffer.from('"text"'), 'parse'],
      [Buffer.from('{"id":"a","id":"b"}'), 'parse'],
      [Buffer.from(JSON.stringify({ ...good, id: '' })), 'envelope'],
      [Buffer.from(JSON.stringify({ ...good, sourceid: undefined })), 'envelope'],
      [Buffer.from(JSON.stringify({ ...good, receivedtime: 'yesterday' })), 'envelope'],
      [Buffer.from(JSON.stringify({ ...good, type: 'weather.imagined.v1' })), 'unknown_type'],
      [Buffer.from(JSON.stringify({ ...good, dataschema: 'urn:sluice:weather.observed:1.7' })), 'unknown_version'],
      [Buffer.from(JSON.stringify({ ...good, time: '1999-01-01T00:00:00Z' })), 'clock_skew']
    ]
    for (const [value, reason] of cases) {
      const { result } = check({ ...recordOf(good), value })
      assert.equal(result.ok ? 'accepted' : result.problem.reason, reason, String(value))
    }
  })

  it('refuses an event that lies under another key or in another partition than its own', () => {
    const record = recordOf(eventOf('weather.observed.v1', examples('weather.observed.v1', 'valid')[0]))
    for (const misplaced of [
      { ...record, key: Buffer.from('elsewhere') },
      { ...record, partition: (record.partition + 1) % 6 }
    ]) {
      const { result } = check(misplaced)
      assert.equal(result.ok ? 'accepted' : result.problem.reason, 'key')
    }
  })

  function recordOf(event: CloudEvent): KafkaRecord {
    const contract = contracts.byType(event.type)
    const key = Buffer.from(contract ? recordKeyOf(contract, event) : event.id)
    const place = { topic: 'events.raw', partition: partitionOf(key, contracts.topics.raw.partitions), offset: 0n }
    return { ...place, timestampMs: 0, key, value: Buffer.from(JSON.stringify(event)), headers: {} }
  }
})

function examples(type: string, kind: 'valid' | 'invalid'): unknown[] {
  const folder = join(schemas, 'examples', type)
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${kind}-`))
    .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as unknown)
}

function eventOf(type: string, data: unknown, time = '2013-09-01T12:00:00Z'): CloudEvent {
  const event = { specversion: '1.0', id: 'e-1', source: 'urn:test', type, time } as const
  return { ...event, sourceid: 'key-1', receivedtime, data }
}
