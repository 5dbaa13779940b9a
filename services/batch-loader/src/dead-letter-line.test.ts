import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { originOf, type SinkRecord } from '@sluice/kafka'
import { deadLetterLine, unloadableLine } from './dead-letter-line.ts'
import type { Line } from './spool.ts'
import { deadLetter } from './testing/lake-bench.ts'

const timestampMs = Date.UTC(2026, 10, 24)

function record(value: Buffer | null, headers: Readonly<Record<string, string | Buffer>>): SinkRecord {
  const buffers = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const)
  const written = {
    topic: 'events.dlq',
    partition: 1,
    offset: 5n,
    timestampMs,
    key: Buffer.from([0, 255]),
    value,
    headers: Object.fromEntries(buffers)
  }
  return { ...written, origin: originOf(written, 'events.raw') }
}

function parse({ prefix, bytes, suffix }: Line): Record<string, unknown> {
  const text = `${prefix}${bytes.toString()}${suffix}`
  assert.ok(text.endsWith('}\n'))
  return JSON.parse(text) as Record<string, unknown>
}

describe('a dead letter', () => {
  it('keeps value, key and headers of the original, and says what is wrong with it', () => {
    const { headers } = deadLetter(12, 'contract')
    const row = parse(deadLetterLine(record(Buffer.from([1, 0, 200]), { ...headers, odd: Buffer.from([255]) })))
    assert.equal(row['dead_letter_id'], 'events.dlq/1/5')
    assert.deepEqual([row['reason'], row['pointer']], ['contract', '/data/é'])
    assert.deepEqual([row['origin_topic'], row['origin_partition'], row['origin_offset']], ['events.raw', '0', '12'])
    assert.deepEqual([row['value'], row['key']], ['AQDI', 'AP8='])
    assert.deepEqual(JSON.parse(row['headers'] as string), {
      'content-type': 'application/cloudevents+json',
      odd: { base64: '/w==' }
    })
    assert.equal(row['dead_letter_time'], '2026-11-24T06:00:00.000Z')
  })

  it('has no value where it is a repeat, and says where the first one is', () => {
    const row = parse(deadLetterLine(record(Buffer.alloc(0), deadLetter(12, 'repeat').headers)))
    assert.deepEqual([row['value'], row['first_partition'], row['first_offset']], [null, '0', '3'])
  })

  it('gives back a key that a record could not carry', () => {
    const headers = { ...deadLetter(12, 'key').headers, dlq_key: 'AAAAAA==' }
    assert.equal(parse(deadLetterLine(record(Buffer.alloc(0), headers)))['key'], 'AAAAAA==')
  })

  it('is made of whatever somebody else has written', () => {
    const headers = {
      dlq_time: 'yesterday',
      dlq_origin_offset: '-1',
      dlq_origin_partition: '99999999999999999',
      dlq_key: '?'
    }
    const row = parse(deadLetterLine(record(null, headers)))
    assert.deepEqual([row['reason'], row['value'], row['key']], ['headers', null, 'AP8='])
    assert.deepEqual([row['origin_partition'], row['origin_offset']], [null, null])
    assert.equal(row['dead_letter_time'], '2026-11-24T00:00:00.000Z')
  })

  it('of a record that no table takes names the raw record, or itself where it does not know that', () => {
    const by = { contract: null, service: 'batch-loader', version: '1', rawTopic: 'events.raw' }
    const problem = { reason: 'parse', pointer: '', message: 'm' } as const
    const known = parse(unloadableLine(record(Buffer.from('x'), { origin_offset: '77' }), problem, by))
    assert.deepEqual([known['origin_topic'], known['origin_offset']], ['events.raw', '77'])
    const unknown = parse(unloadableLine(record(Buffer.from('x'), {}), problem, by))
    assert.deepEqual([unknown['origin_topic'], unknown['origin_offset']], ['events.dlq', '5'])
  })
})
