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
  stuckSinceMs: null
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
  })
  it('is not ready again before it has proved itself for 3 s, and not down while the platform starts', () => {
    assert.equal(stateOf({ readySinceMs: now - 1_000 }), 'waiting')
    assert.equal(stateOf({ readySinceMs: now - 4_000 }), 'ready')
    const refused = { kind: 'silence', reason: 'connection refused' } as const
    assert.equal(stateOf({ answer: refused, answeredMs: null, startedMs: now - 30_000 }), 'waiting')
    assert.equal(stateOf({ answer: refused, answeredMs: null, startedMs: now - 70_000 }), 'down')
  })
})
