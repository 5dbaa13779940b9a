import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, beforeEach, describe, it } from 'node:test'
import { status as grpc } from '@grpc/grpc-js'
import { startKafka, waitFor, type Backing } from '@sluice/testkit'
import { weather } from './src/testing/fixtures.ts'
import { grpcClient, toProto } from './src/testing/grpc-client.ts'
import {
  type Answer,
  collectorEnv,
  postTo,
  runCollector,
  testTopics,
  type TestTopics
} from './src/testing/running-collector.ts'

/* A 202 is a promise: what becomes of it when the broker or the collector dies, or does not answer. */

const stations = ['EWR', 'LGA', 'JFK']
const slowMs = 5_000

describe('durability', () => {
  let dir: string
  let broker: Backing<{ readonly brokers: readonly string[] }>
  let topics: TestTopics
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-durability-'))
    broker = await startKafka({
      dir,
      properties: { 'broker.session.timeout.ms': '1500', 'broker.heartbeat.interval.ms': '300' }
    })
    topics = await testTopics(broker.settings.brokers)
  })
  beforeEach(async () => {
    // Whatever an earlier test that failed has left.
    if (!broker.isRunning()) await broker.restart()
    await broker.kill('SIGCONT')
  })
  after(async () => {
    await broker.kill()
    await rm(dir, { recursive: true, force: true })
  })

  it('a paused broker: 503 within a second, nothing acknowledged, 202 again by itself', async () => {
    await using running = await runCollector(topics)
    await running.post([weather('warm')])
    await broker.kill('SIGSTOP')
    const paused = await sendFor(1_500, 'paused', running.url)
    const isAtOnce = async () => (await running.post([weather('stuck')])).code === 'not_ready'
    await waitFor('an answer at once', isAtOnce, { timeoutMs: 10_000 })
    await broker.kill('SIGCONT')

    assert.ok(paused.length > 5)
    assert.ok(paused.some(({ answer }) => answer.code === 'in_doubt'))
    for (const { answer } of paused) {
      assert.equal(answer.status, 503)
      assert.equal(answer.retryAfter, '1')
    }
    assertInTime(paused)
    await waitFor('a 202', async () => (await running.post([weather('again')])).status === 202, { timeoutMs: 20_000 })
  })

  it('a killed broker: 503 within a second, no acknowledged event lost, 202 again by itself', async () => {
    await using running = await runCollector(topics)
    const sending = sendFor(2_500, 'killed', running.url)
    await waitFor('the first 202', async () => (await running.post([weather('first')])).status === 202, {
      timeoutMs: 20_000
    })
    await broker.kill()
    const sent = await sending
    assert.ok(sent.some(({ answer }) => answer.status === 202))
    assert.ok(sent.some(({ answer }) => answer.status === 503))
    assertInTime(sent)
    assert.notDeepEqual((await running.service.readyz()).reasons, [])

    await broker.restart()
    await waitFor('a 202', async () => (await running.post([weather('after')])).status === 202, { timeoutMs: 15_000 })
    await waitFor('readiness', async () => (await running.service.readyz()).ready, { timeoutMs: 20_000 })
    await assertStored(topics, sent)
  })

  it('a stream on a paused broker: acks that say so in time, then UNAVAILABLE', async () => {
    await using running = await runCollector(topics)
    using client = grpcClient(running.grpcPort)
    const stream = client.stream()
    stream.send(toProto(weather('before')), 0)
    await waitFor('an ack', async () => stream.acks.length === 1, { timeoutMs: 20_000 })
    await broker.kill('SIGSTOP')
    const beganMs = performance.now()
    for (let i = 1; i <= 10; i++) stream.send(toProto(weather(`${i}`, { data: { station: stations[i % 3] } })), i)
    const error = await stream.ended
    assert.ok(performance.now() - beganMs < slowMs)
    await broker.kill('SIGCONT')
    assert.equal(error?.code, grpc.UNAVAILABLE)
    assert.deepEqual(
      stream.acks.map(({ result }) => result.status),
      [202, ...Array.from({ length: 10 }, () => 503)]
    )
    assert.deepEqual([...new Set(stream.acks.slice(1).map(({ result }) => result.code))].toSorted(), [
      'in_doubt',
      'retry_in_order'
    ])
  })

  it('a collector that is killed right after its answer: the event is there', async () => {
    const sent: Sent[] = []
    for (let round = 0; round < 3; round++) {
      await using collector = await spawnCollector(topics)
      const { url, process } = collector
      const event = weather(`last-words-${round}`)
      const answer = await waitFor(
        'a 202',
        async () => {
          const found = await postTo(url, [event])
          if (found.status === 202) process.kill('SIGKILL')
          return found.status === 202 && found
        },
        { timeoutMs: 15_000 }
      )
      sent.push({ id: event.id, answer })
    }
    await assertStored(topics, sent)
  })
})

interface Sent {
  readonly id: string
  readonly answer: Answer
}

/** Four clients that send one event after the other. */
async function sendFor(ms: number, prefix: string, url: string): Promise<readonly Sent[]> {
  const endMs = performance.now() + ms
  const sent: Sent[] = []
  const clients = [0, 1, 2, 3].map(async (client) => {
    for (let i = 0; performance.now() < endMs; i++) {
      const id = `${prefix}-${client}-${i}`
      sent.push({ id, answer: await postTo(url, [weather(id, { data: { station: stations[i % 3] } })]) })
    }
  })
  await Promise.all(clients)
  return sent
}

/** The rule is one second; a machine that runs many tests at once may be late now and then. */
function assertInTime(sent: readonly Sent[]): void {
  const times = sent.map(({ answer }) => answer.ms).toSorted((a, b) => a - b)
  assert.ok(
    Number(times[times.length >> 1]) < 1_000,
    `half of the answers took ${times[times.length >> 1]} ms and more`
  )
  assert.ok(Number(times.at(-1)) < slowMs, `an answer took ${times.at(-1)} ms`)
}

async function assertStored(topics: TestTopics, sent: readonly Sent[]): Promise<void> {
  const stored = await topics.readAll()
  for (const { id, answer } of sent) {
    const [result] = answer.results
    if (answer.status === 202) assert.equal(stored.get(`${result?.partition}@${result?.offset}`)?.id, id)
  }
}

async function spawnCollector(topics: TestTopics): Promise<{ url: string; process: ChildProcess } & AsyncDisposable> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: { ...process.env, ...collectorEnv(topics), ADMIN_HOST: '127.0.0.1', ADMIN_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  for await (const line of createInterface(child.stdout)) {
    const { msg, httpPort } = JSON.parse(line) as { msg?: string; httpPort?: number }
    if (msg !== 'listening') continue
    return {
      url: `http://127.0.0.1:${httpPort}`,
      process: child,
      async [Symbol.asyncDispose]() {
        child.kill('SIGKILL')
        child.stdout.destroy()
        if (child.signalCode === null && child.exitCode === null) await once(child, 'exit')
      }
    }
  }
  throw new Error('the collector ended before it listened')
}
