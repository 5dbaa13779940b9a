import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { maxCarriedBytes, readEvent } from './read-event.ts'

const event = { specversion: '1.0', id: '1', source: 'urn:x', type: 'a.b.v1', time: '2013-09-01T09:29:00Z', data: {} }

describe('readEvent', () => {
  it('reads the value of a record as an event', () => {
    assert.deepEqual(readEvent(Buffer.from(JSON.stringify(event))), { ok: true, value: event })
  })

  const bad: Record<string, [Buffer | null, string]> = {
    'no value': [null, 'null_value '],
    'an empty value': [Buffer.alloc(0), 'parse '],
    'what is not JSON': [Buffer.from('hello'), 'parse '],
    'a JSON scalar': [Buffer.from('"hello"'), 'parse '],
    'JSON that would change on the way': [Buffer.from('{"data":{"n":9007199254740993}}'), 'parse /data/n'],
    'an incomplete envelope': [Buffer.from('{"data":{}}'), 'envelope /specversion'],
    'more than the collector lets through': [Buffer.alloc(maxCarriedBytes + 1, 0x20), 'too_large ']
  }
  for (const [name, [value, expected]] of Object.entries(bad)) {
    it(`refuses ${name}`, () => {
      const read = readEvent(value)
      assert.equal(read.ok ? 'ok' : `${read.problem.reason} ${read.problem.pointer}`, expected)
    })
  }
})
