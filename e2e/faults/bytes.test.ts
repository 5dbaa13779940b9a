import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { partitionOf } from '@sluice/contracts'
import { cloudEventsContentType, header, type CloudEvent } from '@sluice/events'
import { openKafka, openLanes } from '@sluice/kafka'
import { waitFor } from '@sluice/testkit'
import { eventsOfKey, type KeyEvents, type Made } from './events.ts'
import { assertExact, sized } from './judge.ts'
import { openLab, type Lab } from './lab.ts'
import { createLedger } from './ledger.ts'
import { readLag } from './metrics.ts'
import { openPublisher, type Publisher } from './publish.ts'
import { createRandom } from './random.ts'
import { silentLog } from './silent-log.ts'
import { residentMb } from './stalls.ts'

/* The bounds in bytes of every hop, met by a backlog: each stage is started only when all of it lies before it. */

const largest = 512 * 1024

describe('a backlog of the largest events and of small ones', () => {
  let lab: Lab
  let publisher: Publisher
  const ledger = createLedger(Date.now)
  const fixed = { ledger, stop: async () => undefined, async [Symbol.asyncDispose]() {} }
  const stages = ['enricher', 'batch-loader', 'realtime-loader']

  before(async () => {
    lab = await openLab()
    publisher = openPublisher({
      restPorts: lab.links.rest.map(({ port }) => port),
      grpcPorts: lab.links.grpc.map(({ port }) => port),
      apiKey: lab.platform.credentials().apiKeys['demo'] ?? '',
      timeoutMs: 20_000
    })
  })
  after(async () => {
    publisher?.[Symbol.dispose]()
    await lab?.[Symbol.asyncDispose]()
  })

  it('is taken in by the collector while nobody reads it', async () => {
    for (const stage of stages) await lab.process(stage).stop()
    await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const key = eventsOfKey(400 + index, createRandom(index))
        for (let n = 0; n < sized(5, 60); n += 1) {
          await send(key, largest)
          for (let small = 0; small < 6; small += 1) await send(key, 2_048)
        }
      })
    )
    const [answer] = await publisher.rest(0, [
      padded(eventsOfKey(420, createRandom(1)).next('valid').event, largest + 1)
    ])
    assert.equal(answer?.status, 413)
  })

  it('passes every hop, one after the other; what is larger than an event may be is a dead letter', async () => {
    await sendForeign(900 * 1024)
    const most: Record<string, number> = {}
    for (const stage of stages) {
      await lab.process(stage).start()
      await lab.process(stage).ready()
      const timer = setInterval(() => {
        for (const { planned, pid } of lab.platform.processes)
          most[planned.service.name] = Math.max(most[planned.service.name] ?? 0, residentMb(pid))
      }, 500)
      await waitFor(
        `${stage} has read all`,
        async () => (await readLag(lab.process(stage), stage === 'batch-loader' ? 2 : 1)) === 0,
        { timeoutMs: 120_000 }
      )
      clearInterval(timer)
    }
    const report = await assertExact(lab, [fixed])
    assert.deepEqual(
      Object.entries(report.dlq).filter(([reason]) => reason !== 'repeat'),
      [['too_large', 1]]
    )
    console.log(`# ${JSON.stringify(report.ledger)} most memory (MB) ${JSON.stringify(most)}`)
  })

  async function send(key: KeyEvents, bytes: number): Promise<void> {
    const made = key.next('valid')
    const event = padded(made.event, bytes)
    const entry = ledger.open({ id: event.id, key: made.key, n: made.n, fate: 'valid', via: 'rest' })
    const isDurable = async (): Promise<boolean> => {
      entry.attempts += 1
      const [answer] = await publisher.rest(0, [event])
      if (answer?.status !== 202 || answer.place === null) return false
      entry.answered += 1
      entry.places.push(answer.place)
      return true
    }
    await waitFor(`202 for ${bytes} bytes`, isDurable, { timeoutMs: 60_000 })
  }

  /** Past the collector, straight into the topic. */
  async function sendForeign(bytes: number): Promise<void> {
    const brokers = [`127.0.0.1:${lab.links.kafka.port}`]
    const kafka = openKafka({ brokers, clientId: 'client', tls: null, sasl: null }, { log: silentLog })
    const raw = { name: 'events.raw', partitions: 6, maxMessageBytes: 1_048_576 } as const
    await using lanes = openLanes(kafka, { topic: raw as never }, { log: silentLog })
    const made: Made = eventsOfKey(430, createRandom(2)).next('valid')
    const entry = ledger.open({ id: made.event.id, key: null, n: 0, fate: 'too_large', via: 'raw' })
    const event = { ...made.event, receivedtime: new Date().toISOString(), sourceid: 'demo' }
    const key = Buffer.from(made.key)
    const sent = await lanes.send({
      partition: partitionOf(key, 6),
      key,
      value: Buffer.from(JSON.stringify(padded(event, bytes))),
      headers: { [header.contentType]: cloudEventsContentType }
    })
    entry.answered = 1
    entry.places.push([sent.partition, Number(sent.offset)])
  }
})

/** The event with an extension attribute that brings it to so many bytes of JSON, and that does not compress. */
function padded(event: CloudEvent, bytes: number): CloudEvent {
  const missing = bytes - Buffer.byteLength(JSON.stringify({ ...event, padding: '' }))
  return { ...event, padding: randomBytes(missing).toString('base64').slice(0, missing) }
}
