import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { crashPoint, RefusedError } from '@sluice/events'
import { crashAt } from './crash-at.ts'

describe('crashAt', () => {
  it('kills at the wanted point, the wanted time, once', () => {
    let kills = 0
    crashAt('offsets-sent:2', () => (kills += 1))
    crashPoint('offsets-sent')
    crashPoint('outputs-sent')
    assert.equal(kills, 0)
    crashPoint('offsets-sent')
    assert.equal(kills, 1)
    crashPoint('offsets-sent')
    assert.equal(kills, 1)
  })

  it('does nothing without the setting, and refuses a point that does not exist', () => {
    crashAt(undefined, () => assert.fail())
    crashAt('', () => assert.fail())
    assert.throws(() => crashAt('nowhere'), RefusedError)
    assert.throws(() => crashAt('offsets-sent:0'), RefusedError)
  })
})
