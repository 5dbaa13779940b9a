import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseQuery } from './parse-query.ts'

const ask = (text: string) => parseQuery(text, 'events.raw')

describe('parseQuery', () => {
  it('takes an id, a place, and the collector’s answer as it is', () => {
    assert.deepEqual(ask(' 20130208-UA-1545-EWR:scheduled '), { kind: 'id', id: '20130208-UA-1545-EWR:scheduled' })
    const place = { kind: 'place', topic: 'events.dlq', partition: 3, offset: 1204n }
    assert.deepEqual(ask('events.dlq/3@1204'), place)
    assert.deepEqual(ask('events.dlq 3 1204'), place)
    const raw = { kind: 'place', topic: 'events.raw', partition: 5, offset: 48011n }
    assert.deepEqual(ask('{"results":[{"id":"a","status":202,"partition":5,"offset":"48011"}]}'), raw)
    assert.deepEqual(ask('{"id":"a","partition":5,"offset":48011}'), raw)
    assert.deepEqual(ask('{"results":[{"id":"a","status":503}]}'), { kind: 'id', id: 'a' })
    assert.equal(ask('  '), null)
  })
  it('takes what looks like JSON and is none for an id', () => {
    assert.deepEqual(ask('{oops'), { kind: 'id', id: '{oops' })
  })
})
