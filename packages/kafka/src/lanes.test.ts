import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { freePort, startKafka, waitFor, type Backing } from '@sluice/testkit'
import { UnavailableError } from '@sluice/events'
import type { Kafka } from './client.ts'
import { LaneFullError, RecordTooLargeError } from './errors.ts'
import { openLanes } from './lanes.ts'
import { openAt, openShared, readAll, silent, specOf, topicsOf } from './test-support.ts'
import { ensureTopics } from './topics.ts'
import type { Lanes } from './types.ts'

describe('lanes', () => {
  const topics = topicsOf()
  let kafka: Kafka
  before(async () => {
    kafka = await openShared()
    await ensureTopics(kafka, topics, { log: silent, newId: () => 'one' })
  })

  it('answer with the offset that the record has in the log', async () => {
    await using lanes = openLanes(kafka, { topic: topics.raw }, { log: silent })
    const sent = await Promise.all(Array.from({ length: 1_200 }, (_, i) => lanes.send(recordOf(i, i % 3))))
    const logs = await Promise.all([0, 1, 2].map((partition) => readAll(kafka, topics.raw.name, partition)))
    for (const [i, { partition, offset }] of sent.entries()) {
      const record = logs[partition]?.find((one) => one.offset === offset)
      assert.equal(record?.value?.toString(), `event ${i}`)
      assert.equal(record.key?.toString(), `key ${i}`)
      assert.equal(record.headers['n']?.toString(), `${i}`)
    }
    assert.equal(lanes.problem(), null)
  })

  it('refuse a record that the topic cannot take, and no other', async () => {
    await using lanes = openLanes(kafka, { topic: topics.raw }, { log: silent })
    const large = { ...recordOf(0, 0), value: Buffer.alloc(1_048_576) }
    const [ok, refused, alsoOk] = await Promise.allSettled([
      lanes.send(recordOf(1, 0)),
      lanes.send(large),
      lanes.send({ ...large, value: Buffer.alloc(1_000_000, 'x') })
    ])
    assert.equal(ok.status, 'fulfilled')
    assert.equal(alsoOk.status, 'fulfilled')
    assert.ok(refused.status === 'rejected' && refused.reason instanceof RecordTooLargeError)
    await assert.rejects(lanes.send({ ...recordOf(1, 0), key: Buffer.alloc(4) }), TypeError)
    await assert.rejects(lanes.send({ ...recordOf(1, 0), headers: { n: null as never } }), TypeError)
    await assert.rejects(lanes.send(recordOf(1, 3)), RangeError)
  })

  it('cut what is queued into sends that the broker takes', async () => {
    await using lanes = openLanes(kafka, { topic: topics.raw }, { log: silent })
    const large = Array.from({ length: 6 }, (_, i) => ({ ...recordOf(i, 2), value: randomBytes(300 * 1_024) }))
    const settled = await Promise.allSettled(large.map((record) => lanes.send(record)))
    assert.deepEqual(
      settled.map(({ status }) => status),
      large.map(() => 'fulfilled')
    )
  })

  it('say that a lane is full, which is not an outage', async () => {
    await using lanes = openLanes(kafka, { topic: topics.raw, maxLaneBytes: 10_000 }, { log: silent })
    const settled = await Promise.allSettled(Array.from({ length: 100 }, (_, i) => lanes.send(recordOf(i, 0))))
    const refused = settled.filter((one) => one.status === 'rejected')
    assert.ok(refused.length > 0 && refused.length < 90)
    assert.ok(refused.every(({ reason }) => reason instanceof LaneFullError))
    assert.equal(lanes.problem(), null)
    await lanes.send(recordOf(1, 0))
  })

  it('send what they hold before they close', async () => {
    const topic = topics.dlq
    const lanes = openLanes(kafka, { topic }, { log: silent })
    const sending = Promise.all(Array.from({ length: 50 }, (_, i) => lanes.send(recordOf(i, 0))))
    await lanes[Symbol.asyncDispose]()
    await sending
    assert.equal((await readAll(kafka, topic.name, 0)).length, 50)
    await assert.rejects(lanes.send(recordOf(1, 0)), UnavailableError)
  })
})

describe('lanes over a line that is cut', () => {
  let dir: string
  let broker: Backing<unknown>
  let line: Awaited<ReturnType<typeof openLine>>
  let kafka: Kafka
  const topic = specOf('events', { partitions: 4 })
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lanes-'))
    const port = await freePort()
    line = await openLine(port)
    broker = await startKafka({ dir, port, advertised: `127.0.0.1:${line.port}` })
    kafka = openAt([`127.0.0.1:${line.port}`])
    await ensureTopics(kafka, { ...topicsOf({ partitions: 4 }), raw: topic }, { log: silent, newId: () => 'one' })
  })
  after(async () => {
    await broker.kill()
    line.close()
    await rm(dir, { recursive: true, force: true })
  })

  it('lose nothing that was acknowledged, and double nothing that was never rejected', async () => {
    await using lanes = openLanes(kafka, { topic }, { log: silent })
    const acknowledged = new Set<number>()
    const rejected = new Set<number>()
    const cutter = setInterval(() => line.cut(), 150)
    let next = 0
    const clients = Array.from({ length: 200 }, async () => {
      // A quick machine is through with its events before much has happened.
      while (next < 4_000 || (line.cuts() < 8 && next < 100_000)) {
        const i = next++
        while (!(await delivered(lanes, i, rejected))) await pauseShortly()
        acknowledged.add(i)
      }
    })
    await Promise.all(clients)
    clearInterval(cutter)
    assert.ok(line.cuts() > 5, `${line.cuts()} cuts`)
    const counts = new Map<string, number>()
    for (const partition of [0, 1, 2, 3]) {
      for (const { value } of await readAll(kafka, topic.name, partition)) {
        counts.set(String(value), (counts.get(String(value)) ?? 0) + 1)
      }
    }
    const lost = [...acknowledged].filter((i) => !counts.has(`event ${i}`))
    const doubled = [...acknowledged].filter((i) => counts.get(`event ${i}`)! > 1 && !rejected.has(i))
    assert.deepEqual({ acknowledged: acknowledged.size, lost, doubled }, { acknowledged: next, lost: [], doubled: [] })
  })

  it('reject at once while the broker is away, and come back by themselves', async () => {
    await using lanes = openLanes(kafka, { topic }, { log: silent })
    await lanes.send(recordOf(1, 0))
    await broker.stop()
    const rejectedAt = [0, 0]
    const first = assert
      .rejects(lanes.send(recordOf(2, 0)), UnavailableError)
      .then(() => (rejectedAt[0] = performance.now()))
    await pauseShortly() // by now it is on its way
    await assert.rejects(lanes.send(recordOf(3, 0)), UnavailableError).then(() => (rejectedAt[1] = performance.now()))
    await first
    assert.ok(rejectedAt[1]! - rejectedAt[0]! < 100, 'what is queued may not overtake what is in doubt')
    assert.match(lanes.problem() ?? '', /events\/0 is not acknowledged/)
    const started = performance.now()
    await assert.rejects(lanes.send(recordOf(4, 0)), UnavailableError)
    assert.ok(performance.now() - started < 100)
    await broker.restart()
    await waitFor('the lane', () => lanes.problem() === null, { timeoutMs: 5_000 })
    await lanes.send(recordOf(5, 0))
  })
})

function recordOf(i: number, partition: number) {
  return { partition, key: Buffer.from(`key ${i}`), value: Buffer.from(`event ${i}`), headers: { n: `${i}` } }
}

async function delivered(lanes: Lanes, i: number, rejected: Set<number>): Promise<boolean> {
  try {
    await lanes.send(recordOf(i, i % 4))
    return true
  } catch (error) {
    assert.ok(error instanceof UnavailableError)
    rejected.add(i)
    return false
  }
}

function pauseShortly(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20))
}

/** A line to the broker. A cut lets requests through, swallows the answers for 60 ms, then closes every connection. */
async function openLine(brokerPort: number) {
  const pairs = new Set<{ client: net.Socket; broker: net.Socket; mute: boolean }>()
  let cuts = 0
  const server = net.createServer((client) => {
    const broker = net.connect(brokerPort, '127.0.0.1')
    const pair = { client, broker, mute: false }
    pairs.add(pair)
    client.on('data', (bytes) => broker.write(bytes))
    broker.on('data', (bytes) => pair.mute || client.write(bytes))
    for (const socket of [client, broker]) {
      socket.on('error', () => undefined)
      socket.on('close', () => {
        client.destroy()
        broker.destroy()
        pairs.delete(pair)
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as net.AddressInfo).port,
    cuts: () => cuts,
    cut() {
      if (pairs.size > 0) cuts++
      for (const pair of pairs) {
        pair.mute = true
        setTimeout(() => pair.client.destroy(), 60)
      }
    },
    close() {
      for (const { client } of pairs) client.destroy()
      server.close()
    }
  }
}
