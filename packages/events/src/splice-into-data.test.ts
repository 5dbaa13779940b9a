import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { locateData } from './locate-data.ts'
import { spliceIntoData } from './splice-into-data.ts'

describe('locateData', () => {
  const texts: Record<string, string | null> = {
    '{"data":1}': '1',
    '{ "id" : "data" , "data" : {"data":2} , "x":3 }': '{"data":2}',
    '{"x":{"data":1},"d\\u0061ta":[1,"]}"]}': '[1,"]}"]',
    '{"x":"\\"data\\":1","y":"\\\\","data":"a\\"b"}': '"a\\"b"',
    '{"x":-1.5e3,"y":null,"data":true\n}': 'true',
    '\ufeff{"data":{}}': '{}',
    '{"datas":1,"dat":2,"DATA":3}': null,
    '{}': null,
    '[{"data":1}]': null,
    '"data"': null,
    '': null
  }
  for (const [text, expected] of Object.entries(texts)) {
    it(`finds ${expected} in ${JSON.stringify(text)}`, () => assert.equal(dataOf(Buffer.from(text)), expected))
  }

  it('finds what JSON.parse finds, in any event (property)', () => {
    fc.assert(
      fc.property(anyEvent, anySpace, (event, space) => {
        const bytes = Buffer.from(JSON.stringify(event, null, space))
        const data = dataOf(bytes)
        assert.deepEqual(data === null ? undefined : JSON.parse(data), JSON.parse(bytes.toString()).data)
      })
    )
  })

  it('answers whatever the bytes are, within them (property)', () => {
    const broken = fc.tuple(anyEvent, fc.nat()).map(([event, cut]) => {
      const text = JSON.stringify(event)
      return Buffer.from(text.slice(0, cut % text.length))
    })
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
          broken
        ),
        (bytes) => {
          const extent = locateData(bytes)
          assert.ok(extent === null || (extent.start < extent.end && extent.end <= bytes.length))
        }
      )
    )
  })
})

describe('spliceIntoData', () => {
  it('adds a property at the end of data and leaves the rest alone', () => {
    const bytes = Buffer.from('{"id":"1", "data" : {"n": 1.0e2,\n "s":"\\u00e9}"\n} , "z":"data"}')
    assert.equal(
      spliceIntoData(bytes, 'enrichment', '{"p":0.5}').toString(),
      '{"id":"1", "data" : {"n": 1.0e2,\n "s":"\\u00e9}"\n,"enrichment":{"p":0.5}} , "z":"data"}'
    )
  })

  it('adds a property to empty data', () => {
    assert.equal(
      spliceIntoData(Buffer.from('{"data":{ }}'), 'enrichment', 'null').toString(),
      '{"data":{ "enrichment":null}}'
    )
  })

  it('replaces dataschema before or after data, or adds it', () => {
    assert.equal(withSchema('{"dataschema":"urn:old","data":{}}'), '{"dataschema":"urn:new","data":{"e":1}}')
    assert.equal(withSchema('{"data":{"a":1},"dataschema":null}'), '{"data":{"a":1,"e":1},"dataschema":"urn:new"}')
    assert.equal(withSchema('{"id":"1","data":{}}'), '{"id":"1","dataschema":"urn:new","data":{"e":1}}')
  })

  it('leaves the byte order mark behind', () => {
    assert.equal(spliceIntoData(Buffer.from('\ufeff{"data":{}}'), 'e', '1').toString(), '{"data":{"e":1}}')
  })

  it('refuses data that is no object', () => {
    for (const text of ['{}', '{"data":[]}', '{"data":null}', '{"data":"{}"}', '{"data":{']) {
      assert.throws(() => spliceIntoData(Buffer.from(text), 'e', '1'), /expected an object/)
    }
  })

  it('keeps every byte of data and every other value (property)', () => {
    const anyObject = fc.dictionary(
      fc.string().filter((key) => key !== 'enrichment'),
      fc.jsonValue(),
      { noNullPrototype: true }
    )
    fc.assert(
      fc.property(
        anyEvent,
        anyObject,
        fc.jsonValue(),
        anySpace,
        fc.boolean(),
        (event, data, addition, space, isReplaced) => {
          const bytes = Buffer.from(JSON.stringify({ ...event, data }, null, space))
          const before = dataOf(bytes)!
          const spliced = spliceIntoData(
            bytes,
            'enrichment',
            JSON.stringify(addition),
            isReplaced ? 'urn:new' : undefined
          )
          assert.ok(dataOf(spliced)!.startsWith(before.slice(0, -1)))
          const expected = JSON.parse(bytes.toString())
          if (isReplaced) expected.dataschema = 'urn:new'
          expected.data.enrichment = JSON.parse(JSON.stringify(addition))
          assert.deepEqual(JSON.parse(spliced.toString()), expected)
        }
      )
    )
  })
})

const anySpace = fc.constantFrom('', ' ', '\n')
const anyKey = fc.oneof(fc.constantFrom('data', 'dataschema', 'id', 'da"ta', 'data\\'), fc.string())
const anyEvent = fc.dictionary(anyKey, fc.jsonValue(), { noNullPrototype: true })

function withSchema(text: string): string {
  return spliceIntoData(Buffer.from(text), 'e', '1', 'urn:new').toString()
}

function dataOf(bytes: Buffer): string | null {
  const extent = locateData(bytes)
  return extent && bytes.toString('utf8', extent.start, extent.end)
}
