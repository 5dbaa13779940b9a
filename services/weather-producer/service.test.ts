import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, before, beforeEach, describe, it } from 'node:test'
import type { TopicSpec } from '@sluice/contracts'
import { clockKey, encodeClock } from '@sluice/flights'
import { ensureTopics, openKafka, writeControl, type Kafka } from '@sluice/kafka'
import { freePort, type GuardedProcess, sharedBacking, spawnGuarded, waitFor } from '@sluice/testkit'
import { ownContracts, type OwnContracts } from './src/testing/own-contracts.ts'
import { startStreamStandIn, type StreamStandIn } from './src/testing/stream-stand-in.ts'

const root = join(import.meta.dirname, '../..')
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** The producer as a process of its own, because that is what gets killed. */
describe('weather-producer', () => {
  let folder: string
  let collector: StreamStandIn
  let adminPort: number
  const processes: GuardedProcess[] = []

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weather-producer-'))
    collector = await startStreamStandIn()
    adminPort = await freePort()
  })
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((one) => one.stop(5_000)))
    await collector[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  function start(env: Record<string, string>): GuardedProcess {
    const started = spawnGuarded({
      command: process.execPath,
      args: [join(import.meta.dirname, 'main.ts')],
      env: {
        PATH: process.env['PATH'],
        ADMIN_HOST: '127.0.0.1',
        ADMIN_PORT: String(adminPort),
        API_KEY: 'weather-producer.secret',
        COLLECTOR_GRPC: collector.address,
        DATA_DIR: join(root, 'data'),
        STATE_DIR: join(folder, 'state'),
        SCHEMAS_DIR: join(root, 'schemas'),
        ...env
      },
      logFile: join(folder, 'log'),
      onOrphan: 'SIGKILL'
    })
    processes.push(started)
    return started
  }

  async function readiness(): Promise<{ readonly isReady: boolean; readonly text: string }> {
    const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`)
    return { isReady: answer.ok, text: await answer.text() }
  }

  describe('without a clock', () => {
    const month = { FROM: '2013-09-01', TO: '2013-10-01', SPEED: 'max' }
    /** 720 hours at each of three stations, of which one is missing. */
    const expected = 2159

    it('sends every observation of the range and then idles, ready', async () => {
      start(month)
      await until('everything', () => collector.stored.length >= expected)
      await until('ready', async () => (await readiness()).isReady)
      assert.equal(collector.stored.length, expected)
      assert.equal(collector.streams, 1)
    })

    it('leaves no hole and no disorder when it is killed again and again', async () => {
      for (const threshold of [300, 900, 1600]) {
        const killed = start(month)
        collector.react = () => {
          if (collector.stored.length >= threshold) killed.signal('SIGKILL')
          return collector.stored.length % 97 === 0 ? 'cut' : 'accept'
        }
        await killed.exited
      }
      collector.react = () => 'accept'
      start(month)
      const distinct = () => new Set(collector.stored.map(({ id }) => id))
      await until('everything', () => distinct().size === expected)
      for (const station of ['EWR', 'JFK', 'LGA']) {
        const hours = Array.from(distinct()).filter((id) => id.startsWith(station))
        assert.deepEqual(hours, hours.toSorted())
      }
    })
  })

  describe('with a clock', () => {
    let contracts: OwnContracts
    let kafka: Kafka
    let control: TopicSpec
    let brokers: string
    before(async () => {
      const { settings } = (await sharedBacking()).kafka
      brokers = settings.brokers.join()
      kafka = openKafka({ brokers: settings.brokers, clientId: 'test', tls: null, sasl: null }, { log: silent })
    })
    beforeEach(async () => {
      contracts = await ownContracts(join(root, 'schemas'), join(folder, 'schemas'))
      control = contracts.topics.control
      await ensureTopics(kafka, contracts.topics, { log: silent, newId: () => 'test' })
    })

    it('waits for it, says so, follows it, and stands still with it', async () => {
      const follower = start({ SPEED: '600', KAFKA_BROKERS: brokers, SCHEMAS_DIR: contracts.dir })
      await until('the reason', async () => (await readiness()).text.includes('has not set the simulated clock yet'))
      assert.equal((await readiness()).isReady, false)
      assert.equal(collector.stored.length, 0)

      // A day and a half before now, in simulated time: 36 hours at three stations are overdue, the rest is not.
      const simEpochMs = Date.parse('2013-09-02T12:00:00Z')
      await writeControl(kafka, control, clockKey, encodeClock({ simEpochMs, wallEpochMs: Date.now(), speed: 0 }))
      await until('ready', async () => (await readiness()).isReady)
      await until('what is overdue', () => collector.stored.length >= 108)
      await writeControl(kafka, control, clockKey, encodeClock({ simEpochMs, wallEpochMs: Date.now(), speed: 7200 }))
      await until('what becomes due', () => collector.stored.length >= 114)
      const hours = collector.stored.map(({ id }) => id.slice(4))
      assert.deepEqual(hours, hours.toSorted())
      assert.deepEqual(hours.slice(107, 109), ['2013-09-02T11:00:00Z', '2013-09-02T12:00:00Z'])
      assert.deepEqual(await follower.stop(10_000), { code: 0, signal: null })
    })
  })
})

function until(what: string, condition: () => boolean | Promise<boolean>): Promise<unknown> {
  return waitFor(what, condition, { timeoutMs: 30_000 })
}
