import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { locateValue } from './locate-value.ts'

const text = '{ "id": "a\\"b", "data": {"n": [1, {"x": 12345678901234567890}], "a/b": null, "s" :"}"} }'

function shown(pointer: string): string | null {
  const found = locateValue(text, pointer)
  return found && `${found.kind} ${text.slice(found.extent.from, found.extent.to)}`
}

describe('locateValue', () => {
  it('finds a value as it is written, whatever its digits', () => {
    assert.equal(shown('/data/n/1/x'), 'value 12345678901234567890')
    assert.equal(shown('/id'), 'value "a\\"b"')
    assert.equal(shown('/data/a~1b'), 'value null')
    assert.equal(shown('/data/s'), 'value "}"')
    assert.equal(shown(''), `value ${text}`)
  })
  it('finds the container in which a value is missing', () => {
    assert.equal(shown('/data/n/1/y'), 'missing {"x": 12345678901234567890}')
    assert.equal(shown('/data/n/7'), 'missing [1, {"x": 12345678901234567890}]')
  })
  it('finds nothing in a text that breaks off, or below a value that contains nothing', () => {
    assert.equal(locateValue('{"a": {"b": 1', '/a'), null)
    assert.equal(shown('/id/x'), null)
    assert.equal(locateValue('no json', '/a'), null)
  })
})
