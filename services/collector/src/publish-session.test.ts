import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, it } from 'node:test'
import { LaneFullError, RecordTooLargeError, type OutgoingRecord } from '@sluice/kafka'
import { waitFor } from '@sluice/testkit'
import { createInFlight } from './in-flight.ts'
import { createOverdue } from './overdue.ts'
import { createPublishSession, type Sent } from './publish-session.ts'
import { handLanes } from './testing/hand-lanes.ts'

function record(partition: number, value = 'x'): OutgoingRecord {
  return { partition, key: null, value: Buffer.from(value), headers: {} }
}

function open({ answerMs = 60_000, maxBytes = 1_000_000, overdue = createOverdue() } = {}) {
  const lanes = handLanes()
  const inFlight = createInFlight(maxBytes)
  const bugs: unknown[] = []
  const session = createPublishSession({ lanes, inFlight, answerMs, overdue, onBug: (error) => bugs.push(error) })
  const answers: (string | undefined)[] = []
  function submit(...partitions: number[]): void {
    for (const partition of partitions) {
      const index = answers.push(undefined) - 1
      session.submit(record(partition), (sent: Sent) => {
        assert.equal(answers[index], undefined, 'answered once')
        answers[index] = sent.ok ? `${sent.partition}@${sent.offset}` : sent.refusal.code
      })
    }
  }
  return { lanes, inFlight, session, answers, submit, bugs, overdue }
}

describe('createPublishSession', () => {
  it('answers each record with its place', async () => {
    const { lanes, answers, submit, inFlight, session } = open()
    submit(0, 1, 0)
    assert.equal(lanes.sent.length, 3)
    for (const sent of lanes.sent) sent.acknowledge()
    await nextTurn()
    assert.deepEqual(answers, ['0@0', '1@0', '0@1'])
    assert.equal(inFlight.held(), 0)
    assert.equal(session.hasFailed(), false)
  })

  it('fails the later records of a lane with the first, and none of another lane', async () => {
    const { lanes, answers, submit, inFlight } = open()
    submit(0, 1, 0, 0, 1)
    lanes.sent[1]?.acknowledge()
    lanes.sent[0]?.fail()
    await nextTurn()
    submit(0, 1)
    assert.equal(lanes.sent.length, 6, 'the failed lane gets no more')
    for (const sent of lanes.sent.slice(2)) sent.acknowledge()
    await nextTurn()
    assert.deepEqual(answers, ['in_doubt', '1@0', 'retry_in_order', 'retry_in_order', '1@1', 'retry_in_order', '1@2'])
    assert.equal(inFlight.held(), 0)
  })

  it('answers in time, holds its room until the send is over, and has one record in doubt a lane', async () => {
    const { lanes, answers, submit, inFlight, session, overdue } = open({ answerMs: 20 })
    submit(0, 0, 1)
    lanes.sent[2]?.acknowledge()
    await waitFor('the answers', async () => !answers.includes(undefined), { timeoutMs: 20_000 })
    assert.deepEqual(answers, ['in_doubt', 'retry_in_order', '1@0'])
    assert.ok(inFlight.held() > 0)
    assert.equal(overdue.count(), 1)
    submit(0)
    assert.equal(answers[3], 'retry_in_order')
    lanes.sent[0]?.acknowledge()
    lanes.sent[1]?.fail()
    await nextTurn()
    assert.equal(inFlight.held(), 0)
    assert.equal(overdue.count(), 0)
    assert.equal(session.hasFailed(), true)
    assert.deepEqual(answers.slice(0, 2), ['in_doubt', 'retry_in_order'])
  })

  it('refuses at once in a lane that is stuck, until its sends are over', async () => {
    const overdue = createOverdue({ stuckMs: 0 })
    const first = open({ answerMs: 20, overdue })
    first.submit(0)
    await waitFor('the answer', () => first.answers[0], { timeoutMs: 20_000 })
    const second = open({ overdue })
    second.submit(0, 0, 1)
    assert.deepEqual(second.answers, ['not_ready', 'retry_in_order', undefined])
    assert.equal(second.lanes.sent.length, 1)
    first.lanes.sent[0]?.acknowledge()
    await nextTurn()
    const third = open({ overdue })
    third.submit(0)
    assert.equal(third.lanes.sent.length, 1)
    const short = createOverdue({ stuckMs: 60_000 })
    short.add(1)
    const patient = open({ overdue: short })
    patient.submit(1)
    assert.equal(patient.lanes.sent.length, 1)
  })

  it('counts the time of each record from its own submission', async () => {
    const { answers, submit } = open({ answerMs: 100 })
    submit(0)
    const beganMs = performance.now()
    await waitFor('half of the time', async () => performance.now() - beganMs > 50, { timeoutMs: 20_000 })
    submit(1)
    await waitFor('the first answer', async () => answers[0], { timeoutMs: 20_000 })
    assert.equal(answers[1], undefined)
    await waitFor('the second answer', async () => answers[1], { timeoutMs: 20_000 })
  })

  it('takes no more than there is room for, and keeps the order then too', async () => {
    const { lanes, answers, session } = open({ maxBytes: 3_000 })
    const submit = (partition: number, value: string) => {
      const index = answers.push(undefined) - 1
      session.submit(record(partition, value), (sent) => {
        answers[index] = sent.ok ? 'ok' : sent.refusal.code
      })
    }
    submit(0, 'small')
    submit(0, 'x'.repeat(2_000))
    submit(0, 'small again, and there is room')
    submit(1, 'small')
    for (const sent of lanes.sent) sent.acknowledge()
    await nextTurn()
    assert.deepEqual(answers, ['ok', 'overloaded', 'retry_in_order', 'ok'])
  })

  it('tells a full lane, a record that fits nowhere, and a bug apart', async () => {
    const { lanes, answers, submit, bugs } = open()
    submit(0, 1, 1, 2)
    lanes.sent[0]?.fail(new LaneFullError(0, 1))
    lanes.sent[1]?.fail(new RecordTooLargeError('events.raw', 2, 1))
    lanes.sent[2]?.acknowledge()
    lanes.sent[3]?.fail(new TypeError('oops'))
    await nextTurn()
    assert.deepEqual(answers, ['overloaded', 'event_too_large', '1@0', 'in_doubt'])
    assert.equal(bugs.length, 1)
  })
})
