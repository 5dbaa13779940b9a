import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createHub, type Sink } from './sse-hub.ts'

function client() {
  const chunks: string[] = []
  let pending = 0
  let closed = false
  const sink: Sink = { write: (chunk) => chunks.push(chunk) > 0, pending: () => pending, close: () => (closed = true) }
  return { sink, chunks, fill: (bytes: number) => (pending = bytes), isClosed: () => closed }
}

function hub(options: { maxReplayBytes?: number } = {}) {
  const time = { ms: 0 }
  const made = createHub({
    boot: 'b',
    now: () => time.ms,
    snapshot: () => '{"now":1}',
    maxClientBytes: 100,
    ...options
  })
  return { made, time }
}

describe('the stream', () => {
  it('sends the state at once and then to everyone', () => {
    const { made } = hub()
    const [one, two] = [client(), client()]
    made.add(one.sink, null)
    made.add(two.sink, null)
    made.state('{"now":2}')
    for (const { chunks } of [one, two]) {
      assert.deepEqual(chunks, ['event: state\ndata: {"now":1}\n\n', 'event: state\ndata: {"now":2}\n\n'])
    }
  })
  it('replays what a page missed, and counts what it cannot replay', () => {
    const { made } = hub({ maxReplayBytes: 80 })
    for (const n of [1, 2, 3, 4]) made.event(`{"n":${n}}`)
    const page = client()
    made.add(page.sink, 'b-1')
    assert.deepEqual(page.chunks, [
      'event: gap\ndata: {"skipped":1}\n\n',
      'id: b-3\nevent: event\ndata: {"n":3}\n\n',
      'id: b-4\nevent: event\ndata: {"n":4}\n\n',
      'event: state\ndata: {"now":1}\n\n'
    ])
  })
  it('gives a page of another start of the server the state alone', () => {
    const { made } = hub()
    made.event('{"n":1}')
    const page = client()
    made.add(page.sink, 'a-7')
    assert.equal(page.chunks.length, 1)
  })
  it('keeps nothing for a slow page, tells it how much it missed, and cuts it when it stays slow', () => {
    const { made, time } = hub()
    const slow = client()
    made.add(slow.sink, null)
    slow.fill(200)
    made.event('{"n":1}')
    made.state('{"now":2}')
    assert.equal(slow.chunks.length, 1)
    slow.fill(0)
    made.state('{"now":3}')
    assert.deepEqual(slow.chunks.slice(1), ['event: gap\ndata: {"skipped":1}\n\n', 'event: state\ndata: {"now":3}\n\n'])
    slow.fill(200)
    made.state('{"now":4}')
    time.ms = 31_000
    made.state('{"now":5}')
    assert.ok(slow.isClosed())
    assert.equal(made.size, 0)
  })
})
