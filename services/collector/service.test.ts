import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import fc from 'fast-check'
import { assertReadmeSettings } from '@sluice/service/testing'
import { sharedBacking, waitFor } from '@sluice/testkit'
import { settings } from './config.ts'
import { anyData, weather } from './src/testing/fixtures.ts'
import { grpcClient, toProto } from './src/testing/grpc-client.ts'
import { collectorEnv, runCollector, testTopics, type TestTopics } from './src/testing/running-collector.ts'
import { runForTest } from '@sluice/service/testing'
import { collector } from './service.ts'

describe('the collector on a real broker', () => {
  let topics: TestTopics
  before(async () => {
    const { kafka } = await sharedBacking()
    topics = await testTopics(kafka.settings.brokers)
  })

  it('stores what it accepts with equal JSON values, over REST and gRPC, where it says', async () => {
    await using running = await runCollector(topics)
    using client = grpcClient(running.grpcPort)
    let serial = 0
    const event = anyData().map((data) =>
      weather(`any-${serial++}`, { data: JSON.parse(JSON.stringify(data)) as unknown })
    )
    const accepted = new Map<string, unknown>()
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 50 }), fc.boolean(), async (events, isRest) => {
        const results = isRest ? (await running.post(events)).results : await client.publish(events.map(toProto))
        results.forEach(({ status, partition, offset }, i) => {
          assert.equal(status, 202)
          accepted.set(`${partition}@${offset}`, events[i])
        })
      }),
      { numRuns: 40 }
    )
    const stored = await topics.readAll()
    assert.equal(stored.size, accepted.size)
    for (const [place, { receivedtime, sourceid, ...found }] of stored) {
      assert.deepEqual(found, accepted.get(place), place)
      assert.equal(sourceid, 'test')
      assert.ok(Math.abs(Date.parse(String(receivedtime)) - Date.now()) < 60_000)
    }
  })

  it('keeps the order of a stream', async () => {
    await using running = await runCollector(topics)
    using client = grpcClient(running.grpcPort)
    const stream = client.stream()
    for (let i = 0; i < 2_000; i++) stream.send(toProto(weather(`in-order-${i}`)), i)
    stream.call.end()
    assert.equal(await stream.ended, null)
    const offsets = stream.acks.map(({ sequence, result }) => [Number(sequence), Number(result.offset)] as const)
    assert.equal(offsets.length, 2_000)
    const inOrder = offsets.toSorted(([a], [b]) => a - b).map(([, offset]) => offset)
    assert.deepEqual(
      inOrder,
      inOrder.toSorted((a, b) => a - b)
    )
  })

  it('counts, is ready, and ends at once when told to', async () => {
    await using running = await runCollector(topics)
    await running.post([weather('counted'), weather('not-known', { type: 'nothing' })])
    const metrics = await running.service.metrics()
    assert.match(metrics, /sluice_received_total\{input="rest",type="weather\.observed\.v1"\} 1/)
    assert.match(metrics, /sluice_rejected_total\{reason="unknown_type"\} 1/)
    assert.match(metrics, /sluice_sent_total\{output="[^"]*events\.raw",type="weather\.observed\.v1"\} 1/)
    const beganMs = performance.now()
    assert.equal(await running.service.stop(), 0)
    assert.ok(performance.now() - beganMs < 8_000)
  })

  it('takes everything in hand to its end when told to stop', async () => {
    await using running = await runCollector(topics)
    const answers: Promise<{ status: number } | null>[] = []
    for (let i = 0; i < 200; i++) answers.push(running.post([weather(`last-${i}`)]).catch(() => null))
    await answers[0]
    const [code, settled] = await Promise.all([running.service.stop(), Promise.all(answers)])
    assert.equal(code, 0)
    const stored = new Set([...(await topics.readAll()).values()].map(({ id }) => id))
    settled.forEach((answer, i) => {
      if (answer?.status === 202) assert.ok(stored.has(`last-${i}`))
    })
  })

  it('must not run on topics that are not as they should be', async () => {
    const { kafka } = await sharedBacking()
    const missing = await testTopics(kafka.settings.brokers, { create: false })
    await using service = await runForTest(collector, collectorEnv(missing))
    assert.equal(await service.ended, 78)
    assert.match(JSON.stringify(service.lines), /events\.raw/)
  })

  it('answers 503 while the broker cannot be reached, and says so in readyz and over gRPC health', async () => {
    await using running = await runCollector({ ...topics, brokers: ['127.0.0.1:1'] }, { ready: false })
    const { status, code, retryAfter, ms } = await running.post([weather('too-early')])
    assert.deepEqual([status, code, retryAfter], [503, 'not_ready', '1'])
    assert.ok(ms < 5_000)
    const reason = await waitFor(
      'the reason',
      async () => (await running.service.readyz()).reasons.find((text) => text.includes('kafka')),
      { timeoutMs: 10_000 }
    )
    assert.match(reason, /waiting for kafka/)
  })
})

describe('README.md of the collector', () => {
  it('shows the settings as they are', () => assertReadmeSettings(join(import.meta.dirname), settings))
})
