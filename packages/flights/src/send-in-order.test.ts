import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CloudEvent } from '@sluice/events'
import { allAgain, answerOf, type Result } from './answer.ts'
import { sendInOrder, type Attempt, type SendInOrderDeps } from './send-in-order.ts'

describe('answerOf', () => {
  const events = ['a', 'b', 'c', 'd', 'e'].map(eventOf)

  it('tells what is accepted, what is refused for good, and what is to be sent again', () => {
    const results: Result[] = [
      { status: 202 },
      { status: 422, code: 'envelope', pointer: '/time' },
      { status: 503, code: 'in_doubt' },
      { status: 202 }
    ]
    const answer = answerOf(events, (index) => results[index])
    assert.deepEqual(idsOf(answer.accepted), ['a', 'd'])
    assert.deepEqual(answer.refused, [{ event: events[1], code: 'envelope', pointer: '/time' }])
    assert.deepEqual(idsOf(answer.again), ['c', 'e'])
    assert.match(answer.problem ?? '', /503 in_doubt to c/)
  })

  it('never skips an event because the key, the address or the contracts of the collector are wrong', () => {
    const setUp: Result[] = [
      { status: 401, code: 'unauthenticated' },
      { status: 403, code: 'forbidden_source' },
      { status: 404, code: 'not_found' },
      { status: 422, code: 'unknown_type' },
      { status: 422, code: 'unknown_version' },
      { status: 429, code: 'over_quota' },
      { status: 500 },
      { status: 'fine' }
    ]
    for (const result of setUp) {
      const answer = answerOf(events, () => result)
      assert.equal(answer.again.length, 5, JSON.stringify(result))
    }
  })
})

describe('sendInOrder', () => {
  it('repeats what failed, in order, until everything is done', async () => {
    const attempts: string[][] = []
    const accepted: string[] = []
    const isDone = await sendInOrder(['a', 'b', 'c', 'd'].map(eventOf), {
      ...quiet,
      onAccepted: (events) => accepted.push(...idsOf(events)),
      attempt(events): Promise<Attempt> {
        attempts.push(idsOf(events))
        if (attempts.length === 1) return Promise.resolve({ answer: allAgain(events, 'gone'), retryAfterMs: null })
        const isOdd = attempts.length === 2
        return Promise.resolve({
          answer: answerOf(events, (index) => ({ status: isOdd && index % 2 === 1 ? 503 : 202 })),
          retryAfterMs: 1
        })
      }
    })
    assert.ok(isDone)
    assert.deepEqual(attempts, [
      ['a', 'b', 'c', 'd'],
      ['a', 'b', 'c', 'd'],
      ['b', 'd']
    ])
    assert.deepEqual(accepted, ['a', 'c', 'b', 'd'])
  })

  it('gives up when told to stop, and says so', async () => {
    const stop = new AbortController()
    const isDone = await sendInOrder([eventOf('a')], {
      ...quiet,
      signal: stop.signal,
      onProblem: () => stop.abort(),
      attempt: (events) => Promise.resolve({ answer: allAgain(events, 'gone'), retryAfterMs: 30_000 })
    })
    assert.equal(isDone, false)
  })
})

const quiet: Omit<SendInOrderDeps, 'attempt'> = {
  onAccepted: () => {},
  onRefused: () => {},
  onProblem: () => {},
  tick: () => {},
  log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  signal: new AbortController().signal
}

function eventOf(id: string): CloudEvent {
  return { specversion: '1.0', id, source: 'test', type: 'a.v1', time: '2013-01-01T00:00:00Z', data: {} }
}

function idsOf(events: readonly CloudEvent[]): string[] {
  return events.map(({ id }) => id)
}
