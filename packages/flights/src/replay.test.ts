import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CloudEvent } from '@sluice/events'
import type { Clock } from './clock.ts'
import { replay, type ReplayDeps } from './replay.ts'

const start = Date.parse('2013-09-01T00:00:00Z')

describe('replay', () => {
  it('sends each event as the clock reaches it, and what is overdue at once', async () => {
    const world = createWorld({ clock: { simEpochMs: start, wallEpochMs: 0, speed: 60 } })
    world.nowMs = 2_000
    const end = await replay({ ...world.deps, events: eventsAt(0, 1, 2, 4) })
    assert.equal(end, 'ended')
    // A simulated minute takes a second: the first three were overdue after two of them.
    assert.deepEqual(world.sent, [
      { atMs: 2_000, ids: ['0', '1', '2'] },
      { atMs: 4_000, ids: ['4'] }
    ])
    assert.deepEqual(world.done, ['2', '4'])
  })

  it('sends everything at full rate, in windows, where there is no clock', async () => {
    const world = createWorld({ clock: null })
    await replay({ ...world.deps, maxEvents: 2, events: eventsAt(0, 10, 20, 30, 40) })
    assert.deepEqual(
      world.sent.map(({ atMs, ids }) => `${atMs} ${ids.join()}`),
      ['0 0,10', '0 20,30', '0 40']
    )
  })

  it('follows a clock that is set anew, within a second', async () => {
    const world = createWorld({ clock: { simEpochMs: start, wallEpochMs: 0, speed: 0 } })
    world.onSleep = () => {
      if (world.nowMs >= 5_000) world.clock = { simEpochMs: start, wallEpochMs: 5_000, speed: 60 }
    }
    await replay({ ...world.deps, events: eventsAt(2) })
    assert.deepEqual(world.sent, [{ atMs: 7_000, ids: ['2'] }])
  })

  it('stops without sending more, and tells only what is done', async () => {
    const world = createWorld({ clock: null })
    const end = await replay({
      ...world.deps,
      maxEvents: 1,
      events: eventsAt(0, 1, 2),
      send: ([event]) => Promise.resolve(event?.id !== '1')
    })
    assert.equal(end, 'stopped')
    assert.deepEqual(world.done, ['0'])
  })

  it('reads no further than one event ahead', async () => {
    let read = 0
    const events = (function* () {
      for (const event of eventsAt(0, 1, 2, 3, 4, 5)) {
        read++
        yield event
      }
    })()
    const world = createWorld({ clock: { simEpochMs: start, wallEpochMs: 0, speed: 60 } })
    world.onSleep = () => world.stop.abort()
    await replay({ ...world.deps, events })
    assert.deepEqual([read, world.sent.length], [2, 1])
  })
})

function eventsAt(...minutes: number[]): CloudEvent[] {
  return minutes.map((minute) => ({
    specversion: '1.0',
    id: String(minute),
    source: 'test',
    type: 'a.v1',
    time: new Date(start + minute * 60_000).toISOString(),
    data: {}
  }))
}

/** Time that moves only by sleeping. */
function createWorld({ clock }: { readonly clock: Clock | null }) {
  const world = {
    nowMs: 0,
    clock,
    stop: new AbortController(),
    onSleep: () => {},
    sent: [] as { atMs: number; ids: string[] }[],
    done: [] as string[]
  }
  const deps: Omit<ReplayDeps, 'events'> = {
    clock: () => world.clock,
    send(events) {
      world.sent.push({ atMs: world.nowMs, ids: events.map(({ id }) => id) })
      return Promise.resolve(true)
    },
    onDone({ id }) {
      world.done.push(id)
      return Promise.resolve()
    },
    tick: () => {},
    maxEvents: 100,
    now: () => world.nowMs,
    signal: world.stop.signal,
    sleep(ms) {
      world.nowMs += ms
      world.onSleep()
      return Promise.resolve()
    }
  }
  return Object.assign(world, { deps })
}
