import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { CloudEvent } from '@sluice/events'
import { type Refused, sendInOrder, type SendInOrderDeps } from '@sluice/flights'
import { openCollector } from './collector-client.ts'
import { createPublishEvents } from './publish-events.ts'
import { startStreamStandIn, type Reaction, type StreamStandIn } from './testing/stream-stand-in.ts'

describe('publishing events on a stream', () => {
  let collector: StreamStandIn
  let stack: DisposableStack
  let attempt: SendInOrderDeps['attempt']
  beforeEach(async () => {
    collector = await startStreamStandIn()
    stack = new DisposableStack()
    const client = stack.use(openCollector({ address: collector.address, tls: false, apiKey: 'test.secret' }))
    attempt = stack.use(createPublishEvents(client)).publishEvents
  })
  afterEach(async () => {
    stack.dispose()
    await collector[Symbol.asyncDispose]()
  })

  function send(events: readonly CloudEvent[], deps: Partial<SendInOrderDeps> = {}): Promise<boolean> {
    return sendInOrder(events, { ...quiet, attempt, ...deps })
  }

  it('uses one stream for many windows, and sends an event as it is', async () => {
    assert.ok(await send(eventsOf(0, 50)))
    assert.ok(await send(eventsOf(50, 100)))
    assert.equal(collector.streams, 1)
    assert.deepEqual(idsOf(collector), idsFrom(0, 100))
    const [first] = collector.stored
    assert.equal(first?.text_data, '{"station":"EWR","wind_gust_mph":null,"temperature_f":39.02}')
    assert.deepEqual(first?.attributes['time']?.['ce_timestamp'], { seconds: '1357023300', nanos: 0 })
    assert.equal(first?.attributes['dataschema']?.['ce_uri'], 'urn:sluice:weather.observed:1.0')
    assert.equal(first?.attributes['datacontenttype']?.['ce_string'], 'application/json')
  })

  it('loses nothing and keeps the order, whatever becomes of the streams', async () => {
    const reactions: Reaction[] = ['fail', 'cut', 'accept', 'cut', 'fail', 'fail']
    let count = 0
    collector.react = () => (++count % 7 === 0 ? (reactions[(count / 7) % reactions.length] ?? 'accept') : 'accept')
    assert.ok(await send(eventsOf(0, 200)))
    const firsts = Array.from(new Set(idsOf(collector)))
    assert.deepEqual(firsts, idsFrom(0, 200))
    assert.ok(collector.streams > 5, `${collector.streams} streams`)
    assert.ok(collector.stored.length > 200, 'some were sent twice')
  })

  it('skips and counts what is refused for its content, and stays on its stream', async () => {
    collector.react = ({ id }) => (id === 'w3' ? 'refuse' : 'accept')
    const refused: Refused[] = []
    assert.ok(await send(eventsOf(0, 10), { onRefused: (some) => refused.push(...some) }))
    assert.deepEqual(
      refused.map(({ event, code }) => [event.id, code]),
      [['w3', 'envelope']]
    )
    assert.equal(collector.stored.length, 9)
    assert.equal(collector.streams, 1)
  })

  it('says why nothing moves while the collector is away', async () => {
    await collector[Symbol.asyncDispose]()
    const stop = new AbortController()
    const problems: string[] = []
    const onProblem = (problem: string) => {
      if (problems.push(problem) === 3) stop.abort()
    }
    assert.equal(await send(eventsOf(0, 1), { onProblem, signal: stop.signal }), false)
    assert.match(problems[0] ?? '', /has ended the stream: No connection established|ECONNREFUSED/)
  })
})

const quiet: Omit<SendInOrderDeps, 'attempt'> = {
  onAccepted: () => {},
  onRefused: () => {},
  onProblem: () => {},
  tick: () => {},
  log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  signal: new AbortController().signal,
  sleep: async () => {}
}

function eventsOf(from: number, to: number): CloudEvent[] {
  return idsFrom(from, to).map((id) => ({
    specversion: '1.0',
    id,
    source: 'urn:sluice:weather-producer',
    type: 'weather.observed.v1',
    time: '2013-01-01T06:55:00Z',
    datacontenttype: 'application/json',
    dataschema: 'urn:sluice:weather.observed:1.0',
    data: { station: 'EWR', wind_gust_mph: null, temperature_f: 39.02 }
  }))
}

function idsFrom(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `w${from + i}`)
}

function idsOf({ stored }: StreamStandIn): string[] {
  return stored.map(({ id }) => id)
}
