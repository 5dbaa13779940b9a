import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inShort, judge, type Observed } from './box-state.ts'

const now = 1_000_000
const ready = { kind: 'answer', ready: true, state: 'running', reasons: [] } as const
const seen: Observed = {
  nowMs: now,
  answer: ready,
  answeredMs: now,
  readySinceMs: 0,
  startedMs: 0,
  flows: true,
  stuckSinceMs: null,
  refused: null
}

function stateOf(change: Partial<Observed>): string {
  return judge({ ...seen, ...change }).state
}

describe('the state of a box', () => {
  it('is ready only while the answer is fresh and something moves', () => {
    assert.equal(stateOf({}), 'ready')
    assert.equal(stateOf({ flows: false }), 'idle')
    assert.equal(stateOf({ answeredMs: now - 6_000 }), 'unknown')
    assert.equal(stateOf({ stuckSinceMs: now - 20_000 }), 'at risk')
    assert.equal(stateOf({ stuckSinceMs: now - 90_000 }), 'down')
  })
  it('is down at once when the connection is refused, and only after a while when nothing is heard', () => {
    const refused = { kind: 'silence', reason: 'connection refused' } as const
    const silent = { kind: 'silence', reason: 'nothing within 2 s' } as const
    assert.deepEqual(judge({ ...seen, answer: refused, answeredMs: now - 1_000 }), {
      state: 'down',
      why: 'no answer for 1 s: connection refused'
    })
    assert.equal(stateOf({ answer: silent, answeredMs: now - 3_000 }), 'unknown')
    assert.equal(stateOf({ answer: silent, answeredMs: now - 12_000 }), 'down')
  })
  it('waits, in the words of the service', () => {
    const reasons = ['waiting for kafka for 3 s: no broker']
    const waiting = { kind: 'answer', ready: false, state: 'running', reasons } as const
    assert.deepEqual(judge({ ...seen, answer: waiting }), { state: 'waiting', why: reasons[0] })
    assert.equal(stateOf({ answer: { ...waiting, state: 'refused' } }), 'refused')
  })
  it('says once what holds for several partitions', () => {
    const reasons = ['partition 1 waits for redis: gone', 'partition 0 waits for redis: gone', 'the rest']
    assert.equal(inShort(reasons), 'the rest; partitions 0, 1 wait for redis: gone')
    const all = [5, 0, 2, 1].map((p) => `partition ${p} waits for redis: gone`)
    assert.equal(inShort(all), 'partitions 0–2, 5 wait for redis: gone')
  })
  it('says the innermost of errors in errors', () => {
    const reasons = [
      'partition 1 waits for model: model at h:1: No connection established. Last error: Error: connect ECONNREFUSED h:1. Resolution note: '
    ]
    const answer = { kind: 'answer', ready: false, state: 'running', reasons } as const
    assert.equal(judge({ ...seen, answer }).why, 'partition 1 waits for model at h:1: connect ECONNREFUSED h:1')
  })
  it('is refused rather than down when its launcher knows that it refused to run', () => {
    const answer = { kind: 'silence', reason: 'connection refused' } as const
    const refused = 'SPEED is "x", expected a number'
    assert.deepEqual(judge({ ...seen, answer, answeredMs: null, refused }), { state: 'refused', why: refused })
    assert.equal(stateOf({ refused }), 'ready')
  })
  it('is not ready again before it has proved itself for 3 s, and not down while the platform starts', () => {
    assert.equal(stateOf({ readySinceMs: now - 1_000 }), 'waiting')
    assert.equal(stateOf({ readySinceMs: now - 4_000 }), 'ready')
    const refused = { kind: 'silence', reason: 'connection refused' } as const
    assert.equal(stateOf({ answer: refused, answeredMs: null, startedMs: now - 30_000 }), 'waiting')
    assert.equal(stateOf({ answer: refused, answeredMs: null, startedMs: now - 70_000 }), 'down')
  })
})
