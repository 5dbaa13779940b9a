import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeEvent } from './decode-event.ts'
import { decodePublishRequest } from './decode-publish.ts'
import { MalformedError } from './protobuf.ts'
import { encodeRequest, type ProtoEvent, toProto } from './testing/grpc-client.ts'
import { anyData, weather } from './testing/fixtures.ts'

function decode(event: ProtoEvent) {
  const [bytes] = decodePublishRequest(encodeRequest([event]))
  return decodeEvent(bytes ?? Buffer.alloc(0))
}

function decoded(event: ProtoEvent): unknown {
  const candidate = decode(event)
  assert.ok(candidate.ok, JSON.stringify(candidate))
  return candidate.value
}

function refusalOf(event: ProtoEvent) {
  const candidate = decode(event)
  assert.ok(!candidate.ok)
  return candidate.refusal
}

describe('decodeEvent', () => {
  it('gives the event that a stock client encoded', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/).filter((text) => !(text in weather('1')) && text !== 'data')
    const value = fc.oneof(fc.string({ unit: 'grapheme', minLength: 1 }), fc.boolean(), fc.integer())
    fc.assert(
      fc.property(fc.dictionary(name, value), anyData(), (extensions, data) => {
        const event = { ...weather('1'), ...extensions, data: JSON.parse(JSON.stringify(data)) as unknown }
        assert.deepEqual(decoded(toProto(event)), event)
      })
    )
  })

  it('takes data as bytes too', () => {
    const { textData, ...event } = toProto(weather('1')) as ProtoEvent & { textData: string }
    assert.deepEqual(decoded({ ...event, binaryData: Buffer.from(textData) }), weather('1'))
  })

  it('spells timestamps and bytes as JSON does', () => {
    assert.equal(timeOf({ seconds: '1357023300', nanos: 0 }), '2013-01-01T06:55:00Z')
    assert.equal(timeOf({ seconds: '1357023300', nanos: 120_000 }), '2013-01-01T06:55:00.000120Z')
    assert.equal(timeOf({ seconds: '-1', nanos: 500_000_000 }), '1969-12-31T23:59:59.500000Z')
    assert.equal(refusalOf(withTime({ seconds: '0', nanos: 1 })).pointer, '/time')
    assert.equal(refusalOf(withTime({ seconds: '999999999999', nanos: 0 })).code, 'envelope')
    const blob = decoded({ ...toProto(weather('1')), attributes: { blob: { ceBytes: Buffer.from([255]) } } })
    assert.equal((blob as { blob: string }).blob, '/w==')
  })

  it('refuses what JSON data and one place per attribute rule out', () => {
    const event = toProto(weather('1'))
    const attributes = event['attributes'] as object
    const protoData = { type_url: 'x', value: Buffer.alloc(0) }
    const { textData: _, ...bare } = event as ProtoEvent & { textData: string }
    const cases: [code: string, pointer: string | undefined, event: ProtoEvent][] = [
      ['unsupported_media_type', '/data', { ...bare, protoData }],
      [
        'unsupported_media_type',
        '/datacontenttype',
        { ...event, attributes: { datacontenttype: { ceString: 'text/plain' } } }
      ],
      ['invalid_json', '/data', { ...bare, textData: '{' }],
      ['unsafe_integer', '/data/a', { ...bare, textData: '{"a":9007199254740993}' }],
      ['envelope', '/id', { ...event, attributes: { ...attributes, id: { ceString: '2' } } }],
      ['envelope', '/data', { ...event, attributes: { ...attributes, data: { ceString: '2' } } }],
      ['envelope', '/x', { ...event, attributes: { ...attributes, x: {} } }]
    ]
    for (const [code, pointer, given] of cases) {
      const refusal = refusalOf(given)
      assert.equal(refusal.code, code)
      assert.equal(refusal.pointer, pointer)
    }
  })

  it('refuses text that is not UTF-8 where protobufjs would change it', () => {
    const badId = ofHex('0a 01 ff')
    assert.ok(!badId.ok)
    assert.equal(badId.refusal.code, 'invalid_utf8')
    assert.equal(badId.refusal.pointer, '/id')
    const badData = ofHex('0a 01 31 3a 03 22 ff 22')
    assert.ok(!badData.ok)
    assert.equal(badData.refusal.code, 'invalid_utf8')
    assert.equal(badData.id, '1')
  })

  it('never throws anything but MalformedError, whatever the bytes', () => {
    const whole = encodeRequest([toProto(weather('1')), toProto(weather('2'))])
    const mutated = fc
      .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const bytes = Buffer.from(whole)
        for (const [at, value] of changes) bytes[at] = value
        return bytes
      })
    const cut = fc.nat(whole.length).map((end) => whole.subarray(0, end))
    const any = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.oneof(mutated, cut, any), (bytes) => {
        try {
          for (const event of decodePublishRequest(bytes)) decodeEvent(event)
        } catch (error) {
          assert.ok(error instanceof MalformedError, String(error))
        }
      }),
      { numRuns: 2_000 }
    )
  })
})

function withTime(ceTimestamp: object): ProtoEvent {
  return { ...toProto(weather('1')), attributes: { time: { ceTimestamp } } }
}

function timeOf(ceTimestamp: object): string {
  return (decoded(withTime(ceTimestamp)) as { time: string }).time
}

function ofHex(text: string) {
  return decodeEvent(Buffer.from(text.replaceAll(' ', ''), 'hex'))
}
