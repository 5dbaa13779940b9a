import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { prettyJson } from './pretty-json.ts'

describe('pretty JSON', () => {
  it('has the line breaks and indents of JSON.stringify', () => {
    const value = { a: [1, { b: null }], c: {}, d: [], e: 'x, y: {z}', f: 'q"\\' }
    assert.equal(prettyJson(JSON.stringify(value)), JSON.stringify(value, null, 2))
  })

  it('keeps every number and every text as it was written', () => {
    const text = '{"a": 9007199254740993123 ,"b":1.0,"c":-0, "d":1e400,"e":"\\u00e9","a":2}'
    assert.equal(
      prettyJson(text),
      '{\n  "a": 9007199254740993123,\n  "b": 1.0,\n  "c": -0,\n  "d": 1e400,\n  "e": "\\u00e9",\n  "a": 2\n}'
    )
    assert.equal(prettyJson(text).replaceAll(/\s/g, ''), text.replaceAll(/\s/g, ''))
  })
})
