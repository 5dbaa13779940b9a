import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { simulatedAt, type Clock, type ProducerState } from '@sluice/flights'
import { chooseClock } from './choose-clock.ts'

const fromMs = Date.parse('2013-09-01')
const nowMs = Date.parse('2026-01-31T12:00:00Z')
const running: Clock = { simEpochMs: fromMs, wallEpochMs: nowMs - 3_600_000, speed: 600 }
const state: ProducerState = {
  fromMs,
  position: { time: '2013-09-10T00:00:00Z', type: 'flight.landed.v1', id: 'x' },
  clock: running,
  stoppedAtMs: null
}
const again = { fromMs, isFirstStart: false, state }

describe('the clock that flight-producer chooses', () => {
  it('begins at FROM on the first start, whatever was recorded before', () => {
    const replay = { fromMs, isFirstStart: true, state: { ...state, position: null, clock: null } }
    const clock = chooseClock({ replay, recorded: running, speed: 600, nowMs })
    assert.deepEqual(clock, { simEpochMs: fromMs, wallEpochMs: nowMs, speed: 600 })
  })

  it('goes on after a clean stop where it was stopped: the time between did not pass', () => {
    const stoppedAtMs = Date.parse('2013-09-20T08:00:00Z')
    const replay = { ...again, state: { ...state, stoppedAtMs } }
    const paused = { simEpochMs: stoppedAtMs, wallEpochMs: nowMs - 1000, speed: 0 }
    for (const recorded of [running, paused, null]) {
      const clock = chooseClock({ replay, recorded, speed: 60, nowMs })
      assert.deepEqual(clock, { simEpochMs: stoppedAtMs, wallEpochMs: nowMs, speed: 60 })
    }
  })

  it('is the recorded one after a crash: everything since is overdue', () => {
    assert.equal(chooseClock({ replay: again, recorded: running, speed: 600, nowMs }), running)
  })

  it('is that of the state file after a crash, if the record is lost', () => {
    assert.equal(chooseClock({ replay: again, recorded: null, speed: 600, nowMs }), running)
  })

  it('does not jump when the speed is changed', () => {
    const clock = chooseClock({ replay: again, recorded: running, speed: 3600, nowMs })
    assert.equal(clock.speed, 3600)
    assert.equal(simulatedAt(clock, nowMs), simulatedAt(running, nowMs))
  })

  it('goes on from the last event where none was followed before', () => {
    const replay = { ...again, state: { ...state, clock: null } }
    const clock = chooseClock({ replay, recorded: running, speed: 600, nowMs })
    assert.deepEqual(clock, { simEpochMs: Date.parse('2013-09-10'), wallEpochMs: nowMs, speed: 600 })
  })
})
