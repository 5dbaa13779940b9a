import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { status as grpc } from '@grpc/grpc-js'
import { waitFor } from '@sluice/testkit'
import { keyEntry, weather } from './testing/fixtures.ts'
import { grpcClient, type TestStream, toProto } from './testing/grpc-client.ts'
import { handLanes } from './testing/hand-lanes.ts'
import { testGrpcServer, type TestGrpcOptions } from './testing/test-grpc-server.ts'

/** Stations whose lanes differ. */
const stations = ['EWR', 'LGA', 'JFK'] as const

function at(station: (typeof stations)[number], id: string) {
  return toProto(weather(id, { data: { station } }))
}

async function open(options: TestGrpcOptions = {}) {
  const server = await testGrpcServer(options)
  const client = grpcClient(server.port)
  return {
    server,
    client,
    stream: client.stream(),
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]()
      await server[Symbol.asyncDispose]()
    }
  }
}

function answers({ acks }: TestStream): string[] {
  return acks.map(({ sequence, result }) => `${sequence} ${result.status} ${result.code}`.trim())
}

async function until(what: string, condition: () => boolean): Promise<void> {
  await waitFor(what, async () => condition(), { timeoutMs: 20_000 })
}

describe('PublishStream', () => {
  it('acknowledges each event with its sequence, id and place, as soon as it is durable', async () => {
    const lanes = handLanes()
    await using collector = await open({ lanes, answerMs: 60_000 })
    const { stream } = collector
    stream.send(at('EWR', 'a'), 7)
    stream.send(at('LGA', 'b'), 8)
    await until('both to be sent', () => lanes.sent.length === 2)
    lanes.sent[1]?.acknowledge()
    await until('the second ack', () => stream.acks.length === 1)
    assert.equal(stream.acks[0]?.sequence, '8')
    lanes.sent[0]?.acknowledge()
    stream.call.end()
    assert.equal(await stream.ended, null)
    const { partition } = lanes.sent[0]?.record ?? {}
    assert.deepEqual(
      { ...stream.acks[1], result: { ...stream.acks[1]?.result } },
      {
        sequence: '7',
        result: {
          id: 'a',
          status: 202,
          code: '',
          pointer: '',
          detail: '',
          partition,
          _partition: 'partition',
          offset: '0',
          _offset: 'offset'
        }
      }
    )
  })

  it('ends with UNAVAILABLE once an event is in doubt, when all that was read has its ack', async () => {
    const lanes = handLanes()
    await using collector = await open({ lanes, answerMs: 60_000 })
    const { stream } = collector
    stream.send(at('EWR', '1'), 1)
    stream.send(at('LGA', '2'), 2)
    stream.send(at('EWR', '3'), 3)
    await until('all to be sent', () => lanes.sent.length === 3)
    lanes.sent[0]?.fail()
    await until('the failures to be acknowledged', () => stream.acks.length === 2)
    stream.send(at('LGA', '4'), 4)
    lanes.sent[1]?.acknowledge()
    const error = await stream.ended
    assert.equal(error?.code, grpc.UNAVAILABLE)
    assert.deepEqual(answers(stream), ['1 503 in_doubt', '3 503 retry_in_order', '2 202'])
    assert.equal(lanes.sent.length, 3, 'nothing was read after the failure')
  })

  it('gives an ack in time when none comes from the broker', async () => {
    await using collector = await open({ lanes: handLanes(), answerMs: 30 })
    const { stream } = collector
    stream.send(at('EWR', '1'), 1)
    assert.equal((await stream.ended)?.code, grpc.UNAVAILABLE)
    assert.deepEqual(answers(stream), ['1 503 in_doubt'])
  })

  it('stops reading at 1,000 events without ack, and goes on when they have one', async () => {
    const lanes = handLanes()
    await using collector = await open({ lanes, answerMs: 60_000 })
    const { stream } = collector
    for (let i = 0; i < 3_000; i++) stream.send(at('EWR', `${i}`), i)
    stream.call.end()
    await until('the first thousand', () => lanes.sent.length >= 1_000)
    // Whatever was on its way has had the time to arrive once a call behind it is answered.
    await assert.rejects(collector.client.publish([]))
    assert.equal(lanes.sent.length, 1_000)
    let acknowledged = 0
    while (acknowledged < 3_000) {
      await until('more to acknowledge', () => lanes.sent.length > acknowledged)
      for (const sent of lanes.sent.slice(acknowledged)) sent.acknowledge()
      acknowledged = lanes.sent.length
    }
    assert.equal(await stream.ended, null)
    assert.deepEqual(
      stream.acks.map(({ sequence }) => Number(sequence)),
      Array.from({ length: 3_000 }, (_, i) => i)
    )
  })

  it('waits for room instead of failing', async () => {
    const lanes = handLanes()
    await using collector = await open({ lanes, answerMs: 60_000, maxInFlightBytes: 4_000 })
    const { stream, server } = collector
    for (let i = 0; i < 20; i++) stream.send(at('EWR', `${i}`), i)
    stream.call.end()
    let acknowledged = 0
    while (acknowledged < 20) {
      await until('more to acknowledge', () => lanes.sent.length > acknowledged)
      assert.ok(lanes.sent.length - acknowledged <= 3)
      assert.ok(server.inFlight.held() <= 4_000)
      lanes.sent[acknowledged++]?.acknowledge()
    }
    assert.equal(await stream.ended, null)
    assert.equal(stream.acks.length, 20)
  })

  it('slows a key down to its quota', async () => {
    await using collector = await open({ eventsPerSecond: 100, burst: 5 })
    const { stream } = collector
    const beganMs = performance.now()
    for (let i = 0; i < 25; i++) stream.send(at('EWR', `${i}`), i)
    stream.call.end()
    assert.equal(await stream.ended, null)
    assert.equal(stream.acks.filter(({ result }) => result.status === 202).length, 25)
    assert.ok(performance.now() - beganMs > 190, 'twenty events above the burst take 200 ms')
  })

  it('ends with UNAUTHENTICATED when its key is revoked', async () => {
    await using collector = await open()
    const { stream, server } = collector
    stream.send(at('EWR', '1'), 1)
    await until('an ack', () => stream.acks.length === 1)
    await writeFile(server.keysPath, JSON.stringify({ keys: [keyEntry('test', { revoked: true })] }))
    await until('the file to be read', () => server.logLines.length > 0)
    stream.send(at('EWR', '2'), 2)
    assert.equal((await stream.ended)?.code, grpc.UNAUTHENTICATED)
    assert.deepEqual(answers(stream), ['1 202', '2 401 unauthenticated'])
  })

  it('ends with UNAVAILABLE when nothing can be taken any more', async () => {
    let problem: string | null = null
    await using collector = await open({ problem: () => problem })
    const { stream } = collector
    stream.send(at('EWR', '1'), 1)
    await until('an ack', () => stream.acks.length === 1)
    problem = 'away'
    stream.send(at('EWR', '2'), 2)
    assert.equal((await stream.ended)?.code, grpc.UNAVAILABLE)
    assert.deepEqual(answers(stream), ['1 202', '2 503 not_ready'])
  })

  it('takes what is in hand to its end when the collector stops', async () => {
    const lanes = handLanes()
    await using collector = await open({ lanes, answerMs: 60_000 })
    const { stream, server } = collector
    stream.send(at('EWR', '1'), 1)
    await until('it to be sent', () => lanes.sent.length === 1)
    const stopped = server[Symbol.asyncDispose]()
    lanes.sent[0]?.acknowledge()
    assert.equal((await stream.ended)?.code, grpc.UNAVAILABLE)
    assert.deepEqual(answers(stream), ['1 202'])
    await stopped
  })

  it('forgets a client that hangs up, and finishes its sends', async () => {
    const lanes = handLanes()
    await using collector = await open({ lanes, answerMs: 60_000 })
    const { stream, server } = collector
    stream.send(at('EWR', '1'), 1)
    await until('it to be sent', () => lanes.sent.length === 1)
    stream.call.cancel()
    assert.equal((await stream.ended)?.code, grpc.CANCELLED)
    lanes.sent[0]?.acknowledge()
    await until('its room to be free', () => server.inFlight.held() === 0)
    assert.deepEqual(server.logLines, [])
  })
})
