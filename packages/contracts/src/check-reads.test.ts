import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkReads } from './testing.ts'

const documents = [
  { a: 1, b: { c: 2, d: null }, e: [1] },
  { a: 1, f: 0 }
]
const run = ({ a, b }: { a?: number; b?: { c?: number } }) => [a, b?.c]

describe('checkReads', () => {
  it('is content with what is declared and read', () => {
    assert.deepEqual(checkReads({ t: ['/a', '/b/c'] }, 't', documents, run), [])
    assert.deepEqual(checkReads({ t: ['/a'], '*': ['/b'] }, 't', documents, run), [])
    assert.deepEqual(
      checkReads({ '*': [''] }, 't', documents, (data) => data),
      []
    )
  })

  it('names what is read and not declared, declared and not read', () => {
    assert.deepEqual(checkReads({ t: ['/a'] }, 't', documents, run), [
      't: /b is read and not declared',
      't: /b/c is read and not declared'
    ])
    assert.deepEqual(checkReads({ t: ['/a', '/b/c', '/f', '/x'] }, 't', documents, run), [
      't: /f is declared, and nothing changes when it is gone',
      't: /x is declared, and nothing changes when it is gone'
    ])
    assert.deepEqual(
      checkReads({ '*': [''] }, 't', documents, run),
      ['/b/d', '/e', '/f'].map((pointer) => `t: ${pointer} is declared, and nothing changes when it is gone`)
    )
  })

  it('finds fields that stand in for each other, whichever of them is declared', () => {
    const either = ({ a, b }: { a?: number; b?: { c?: number } }) => (a ?? b?.c) !== undefined
    const both = [{ a: 1, b: { c: 2, d: 3 }, e: 4 }]
    const found =
      't: fields are read and not declared: with those alone that are, this is taken otherwise: {"a":1,"b":{"c":2,"d":3},"e":4}'
    assert.deepEqual(checkReads({}, 't', both, either), [found])
    assert.deepEqual(checkReads({ t: ['/e'] }, 't', both, either)[0], found)
    assert.deepEqual(checkReads({ t: ['/a', '/b/c'] }, 't', [...both, { a: 1 }, { b: { c: 2 } }], either), [])
  })
})
