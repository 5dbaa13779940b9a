import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkClientEnvelope, checkEnvelope } from './check-envelope.ts'

const event = {
  specversion: '1.0',
  id: '20130901-UA-1545-EWR:scheduled',
  source: 'urn:sluice:flight-producer',
  type: 'flight.scheduled.v1',
  time: '2013-09-01T09:29:00Z',
  data: { flight_id: '20130901-UA-1545-EWR' }
}

describe('checkEnvelope', () => {
  it('gives back the very event, unchanged', () => {
    const checked = checkEnvelope(event)
    assert.ok(checked.ok)
    assert.equal(checked.value, event)
  })

  const good: Record<string, object> = {
    'data of any kind, or none': { data: undefined },
    'null data': { data: null },
    'a subject': { subject: 'EWR' },
    'an optional attribute that is null': { subject: null, dataschema: null, traceparent: null },
    'an id of 256 bytes': { id: 'é'.repeat(128) },
    'a relative source': { source: '/sensors/tn-1234567/alerts?x=1#2' },
    'a source that is a host with a port': { source: 'https://[::1]:8080/a%20b' },
    'JSON with its charset': { datacontenttype: 'application/json; charset=UTF-8' },
    'extensions that are text, integer or boolean': { a: '', z9: -2147483648, abcdefghij0123456789: true },
    'what the collector adds': { sourceid: 'flight-producer', receivedtime: '2026-01-01T00:00:00.123Z' }
  }
  for (const [name, members] of Object.entries(good)) {
    it(`accepts ${name}`, () => assert.equal(outcomeOf({ ...event, ...members }), 'ok'))
  }

  const bad: Record<string, [string, object]> = {
    'no specversion': ['/specversion', { specversion: undefined }],
    'another specversion': ['/specversion', { specversion: '0.3' }],
    'a number as specversion': ['/specversion', { specversion: 1.0 }],
    'no id': ['/id', { id: undefined }],
    'a null id': ['/id', { id: null }],
    'an empty id': ['/id', { id: '' }],
    'a number as id': ['/id', { id: 7 }],
    'an id of 257 bytes': ['/id', { id: `${'é'.repeat(128)}x` }],
    'an id with a line break': ['/id', { id: 'a\nb' }],
    'an id with a noncharacter': ['/id', { id: 'a\uffff' }],
    'no source': ['/source', { source: undefined }],
    'a source with a blank': ['/source', { source: 'my source' }],
    'a source with a stray %': ['/source', { source: 'urn:x%2' }],
    'a source with two fragments': ['/source', { source: 'urn:x#a#b' }],
    'a source whose scheme begins with a digit': ['/source', { source: '1a:b' }],
    'a source of 2,000 bytes': ['/source', { source: `urn:${'x'.repeat(2000)}` }],
    'no type': ['/type', { type: undefined }],
    'an empty type': ['/type', { type: '' }],
    'no time': ['/time', { time: undefined }],
    'a time without a zone': ['/time', { time: '2013-09-01T09:29:00' }],
    'a time as a number': ['/time', { time: 1378027740 }],
    'a relative dataschema': ['/dataschema', { dataschema: 'flight.scheduled' }],
    'data that is not JSON': ['/datacontenttype', { datacontenttype: 'text/xml' }],
    'base64 data': ['/data_base64', { data_base64: 'e30=' }],
    'an upper-case extension': ['/traceParent', { traceParent: 'x' }],
    'an extension named with _': ['/trace_parent', { trace_parent: null }],
    'an extension without a name': ['/', { '': 'x' }],
    'an extension with a name of 21 letters': ['/abcdefghij0123456789x', { abcdefghij0123456789x: 'x' }],
    'an extension with a name that would break a header': ['/a\\u000db~1', { 'a\rb/': 'x' }],
    'an extension that is an object': ['/extra', { extra: {} }],
    'an extension that is a list': ['/extra', { extra: ['x'] }],
    'an extension with a fraction': ['/extra', { extra: 1.5 }],
    'an extension beyond 32 bits': ['/extra', { extra: 2147483648 }],
    'an extension with a control character': ['/extra', { extra: 'a\u0007' }]
  }
  for (const [name, [pointer, members]] of Object.entries(bad)) {
    it(`refuses ${name} and points at it`, () =>
      assert.equal(outcomeOf({ ...event, ...members }), `envelope ${pointer}`))
  }

  it('refuses JSON that is no object as no event at all', () => {
    for (const value of [null, 1, 'x', true, [], [event]]) assert.equal(outcomeOf(value), 'parse ')
  })

  it('takes no required attribute from a prototype', () => {
    assert.equal(outcomeOf(Object.create(event)), 'envelope /specversion')
  })

  it('never quotes a value in a message', () => {
    const checked = checkEnvelope({ ...event, source: 'secret value', id: 'secret' })
    assert.ok(!checked.ok && !checked.problem.message.includes('secret'))
  })
})

describe('checkClientEnvelope', () => {
  it('accepts an event as a client sends it', () => assert.equal(checkClientEnvelope(event).ok, true))

  it('refuses the attributes that the collector sets, even if null', () => {
    for (const [name, value] of [
      ['sourceid', 'another-key'],
      ['sourceid', null],
      ['receivedtime', '2026-01-01T00:00:00Z']
    ] as const) {
      const checked = checkClientEnvelope({ ...event, [name]: value })
      assert.ok(!checked.ok)
      assert.equal(checked.problem.pointer, `/${name}`)
    }
  })
})

function outcomeOf(value: unknown): string {
  const checked = checkEnvelope(value)
  return checked.ok ? 'ok' : `${checked.problem.reason} ${checked.problem.pointer}`
}
