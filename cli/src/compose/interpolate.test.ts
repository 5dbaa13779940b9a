import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { interpolate, interpolateAll } from './interpolate.ts'

describe('interpolation as in Compose', () => {
  const variables = { SPEED: '6000', EMPTY: '' }

  it('fills in variables and defaults', () => {
    assert.equal(interpolate('$SPEED ${SPEED} ${SPEED:-600}', variables), '6000 6000 6000')
    assert.equal(interpolate('${NONE:-600}/${NONE-600}/${NONE}', variables), '600/600/')
  })

  it('takes an empty variable as missing only with a colon', () => {
    assert.equal(interpolate('${EMPTY:-600}/${EMPTY-600}', variables), '600/')
  })

  it('keeps a doubled dollar as one', () => {
    assert.equal(interpolate('$$SPEED', variables), '$SPEED')
  })

  it('refuses what it does not understand', () => {
    assert.throws(() => interpolate('${SPEED:?missing}', variables), /write \$\$ for a dollar/)
  })

  it('reaches into lists and maps, and leaves numbers alone', () => {
    assert.deepEqual(interpolateAll({ a: ['$SPEED', 1], b: { c: true } }, variables), {
      a: ['6000', 1],
      b: { c: true }
    })
  })
})
