import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { crashPoint, RefusedError } from '@sluice/events'
import { crashAt } from './crash-at.ts'

describe('crashAt', () => {
  it('kills, or hangs, at the wanted point, the wanted time, once', () => {
    const done: string[] = []
    const actions = { kill: () => done.push('killed'), hang: () => done.push('hung') }
    crashAt({ SLUICE_CRASH_AT: 'offsets-sent:2', SLUICE_HANG_AT: 'commit-saved' }, actions)
    crashPoint('offsets-sent')
    crashPoint('outputs-sent')
    assert.deepEqual(done, [])
    crashPoint('offsets-sent')
    assert.deepEqual(done, ['killed'])
    crashPoint('offsets-sent')
    crashPoint('commit-saved')
    assert.deepEqual(done, ['killed', 'hung'])
  })

  it('does nothing without the setting, and refuses a point that does not exist', () => {
    crashAt({ SLUICE_CRASH_AT: '' })
    assert.throws(() => crashAt({ SLUICE_CRASH_AT: 'nowhere' }), RefusedError)
    assert.throws(() => crashAt({ SLUICE_HANG_AT: 'offsets-sent:0' }), RefusedError)
  })
})
