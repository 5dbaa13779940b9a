import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pointerTo, valueAt } from './json-pointer.ts'

describe('pointerTo', () => {
  it('escapes a token as RFC 6901 says', () => {
    assert.equal(pointerTo('/data', 'a/b~c'), '/data/a~1b~0c')
    assert.equal(pointerTo('', 3), '/3')
  })

  it('lets no key of a client into a header raw, or at length', () => {
    assert.equal(pointerTo('', 'a\r\nb\ud800'), '/a\\u000d\\u000ab\\ud800')
    const long = pointerTo(pointerTo('/data', '😀'.repeat(500_000)), 'more')
    assert.ok(long.length <= 256 && long.endsWith('…') && long.isWellFormed())
  })
})

describe('valueAt', () => {
  it('finds the value that a pointer names', () => {
    const document = { a: [{ 'b/c': { '~': 7 } }], '': 0 }
    assert.equal(valueAt(document, '/a/0/b~1c/~0'), 7)
    assert.equal(valueAt(document, ''), document)
    assert.equal(valueAt(document, '/'), 0)
  })

  it('finds nothing where there is nothing, and never a prototype', () => {
    for (const pointer of ['/b', '/a/1', '/a/0/b~1c/x/y', '/toString', '/a/length/x', '/__proto__']) {
      assert.equal(valueAt({ a: [{}] }, pointer), undefined)
    }
  })
})
