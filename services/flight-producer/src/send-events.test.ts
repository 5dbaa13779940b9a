import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CloudEvent } from '@sluice/events'
import type { Refused } from '@sluice/flights'
import { createSendEvents, type SendEventsDeps } from './send-events.ts'
import { acceptAll, acceptSome, keyOf, startCollectorStandIn, type Answer } from './testing/collector-stand-in.ts'

describe('sending events over REST', () => {
  it('loses nothing and keeps the order of every flight, whatever the collector and the network do', async () => {
    await using collector = await startCollectorStandIn()
    const random = createRandom(20130901)
    const reactions: ((events: readonly CloudEvent[]) => Answer)[] = [
      acceptAll,
      acceptAll,
      (events) => acceptSome(events, () => random() < 0.02),
      (events) => ({ ...acceptAll(events), status: null }),
      () => ({ stored: [], status: null }),
      () => ({ stored: [], status: 503, headers: { 'retry-after': '0' } }),
      () => ({ stored: [], status: 429, headers: { 'retry-after': '0' }, body: { code: 'over_quota' } }),
      (events) => ({ ...acceptAll(events), status: 200, body: { nonsense: true } })
    ]
    collector.react = (events) => (reactions[Math.floor(random() * reactions.length)] ?? acceptAll)(events)
    const events = Array.from({ length: 3000 }, (_, i) => eventOf(`flight-${i % 40}`, Math.floor(i / 40)))
    const send = createSendEvents({ ...quiet, collectorUrl: collector.url })
    for (let i = 0; i < events.length; i += 500) assert.ok(await send(events.slice(i, i + 500)))

    const firsts = new Map(collector.stored.toReversed().map((event) => [event.id, event]))
    assert.equal(firsts.size, 3000)
    const seen = new Set<string>()
    const counters = new Map<string, number>()
    for (const event of collector.stored) {
      if (seen.has(event.id)) continue
      seen.add(event.id)
      const next = counters.get(keyOf(event)) ?? 0
      assert.equal(event.id, `${keyOf(event)}:${next}`)
      counters.set(keyOf(event), next + 1)
    }
    assert.equal(collector.overlaps, 0)
    assert.ok(collector.stored.length > 3000, 'some were sent twice')
  })

  it('skips and counts what is refused for its content, alone', async () => {
    await using collector = await startCollectorStandIn()
    const bad = 'flight-1:3'
    collector.react = (events) => ({
      stored: events.filter(({ id }) => id !== bad),
      status: 207,
      body: {
        results: events.map(({ id }) =>
          id === bad ? { id, status: 400, code: 'envelope', pointer: '/time' } : { id, status: 202 }
        )
      }
    })
    const refused: Refused[] = []
    const send = createSendEvents({ ...quiet, collectorUrl: collector.url, onRefused: (some) => refused.push(...some) })
    assert.ok(await send(Array.from({ length: 30 }, (_, i) => eventOf(`flight-${i % 3}`, Math.floor(i / 3)))))
    assert.equal(collector.stored.length, 29)
    assert.deepEqual(
      refused.map(({ event, code, pointer }) => [event.id, code, pointer]),
      [[bad, 'envelope', '/time']]
    )
  })

  it('finds the one event for which a whole request is refused', async () => {
    await using collector = await startCollectorStandIn()
    const bad = 'flight-0:41'
    collector.react = (events) =>
      events.some(({ id }) => id === bad)
        ? { stored: [], status: 413, body: { code: 'event_too_large' } }
        : acceptAll(events)
    const refused: Refused[] = []
    const send = createSendEvents({ ...quiet, collectorUrl: collector.url, onRefused: (some) => refused.push(...some) })
    assert.ok(await send(Array.from({ length: 100 }, (_, i) => eventOf('flight-0', i))))
    assert.deepEqual(
      refused.map(({ event, code }) => [event.id, code]),
      [[bad, 'event_too_large']]
    )
    const numbers = collector.stored.map(({ id }) => Number(id.split(':')[1]))
    assert.deepEqual(
      numbers,
      Array.from({ length: 100 }, (_, i) => i).filter((i) => i !== 41)
    )
  })

  it('skips nothing while its key is refused, and says what is wrong', async () => {
    await using collector = await startCollectorStandIn()
    const problems: string[] = []
    collector.react = () => ({ stored: [], status: 401, body: { code: 'unauthenticated' } })
    const onProblem = (problem: string) => {
      if (problems.push(problem) === 2) collector.react = acceptAll
    }
    const send = createSendEvents({ ...quiet, collectorUrl: collector.url, onProblem })
    assert.ok(await send([eventOf('flight-0', 0), eventOf('flight-0', 1)]))
    assert.deepEqual(
      collector.stored.map(({ id }) => id),
      ['flight-0:0', 'flight-0:1']
    )
    assert.match(problems[0] ?? '', /answers 401 unauthenticated/)
  })

  it('leaves the collector alone for as long as it asks', async () => {
    await using collector = await startCollectorStandIn()
    collector.react = () => {
      collector.react = acceptAll
      return { stored: [], status: 503, headers: { 'retry-after': '7' } }
    }
    const pauses: number[] = []
    const sleep = async (ms: number) => void pauses.push(ms)
    const send = createSendEvents({ ...quiet, collectorUrl: collector.url, sleep })
    assert.ok(await send([eventOf('flight-0', 0)]))
    assert.deepEqual(pauses, [7_000])
  })

  it('sends again once a collector is there at all', async () => {
    const { port, url } = await (async () => {
      await using gone = await startCollectorStandIn()
      return { url: gone.url, port: Number(new URL(gone.url).port) }
    })()
    const asked = Promise.withResolvers<void>()
    const send = createSendEvents({ ...quiet, collectorUrl: url, onProblem: () => asked.resolve() })
    const sent = send([eventOf('flight-0', 0)])
    await asked.promise
    await using collector = await startCollectorStandIn(port)
    assert.ok(await sent)
    assert.equal(collector.stored.length, 1)
  })
})

const quiet: SendEventsDeps = {
  collectorUrl: '',
  apiKey: 'test.secret',
  lanes: 4,
  onAccepted: () => {},
  onRefused: () => {},
  onProblem: () => {},
  onDone: () => {},
  tick: () => {},
  log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  signal: new AbortController().signal,
  sleep: async () => {}
}

function eventOf(flightId: string, counter: number): CloudEvent {
  return {
    specversion: '1.0',
    id: `${flightId}:${counter}`,
    source: 'urn:sluice:flight-producer',
    type: 'flight.departed.v1',
    time: '2013-01-01T00:00:00Z',
    data: { flight_id: flightId }
  }
}

/** Numbers in [0, 1) that are the same every time (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
