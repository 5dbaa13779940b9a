import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, before, beforeEach, describe, it } from 'node:test'
import type { CloudEvent } from '@sluice/events'
import { decodeClock, deriveEvents, readFlights, readPlanes, simulatedAt, type Clock } from '@sluice/flights'
import { ensureTopics, openKafka, readControl, type Kafka } from '@sluice/kafka'
import type { TopicSpec } from '@sluice/contracts'
import { freePort, type GuardedProcess, sharedBacking, spawnGuarded, waitFor } from '@sluice/testkit'
import {
  acceptAll,
  acceptSome,
  type CollectorStandIn,
  startCollectorStandIn
} from './src/testing/collector-stand-in.ts'
import { ownContracts, type OwnContracts } from './src/testing/own-contracts.ts'

const root = join(import.meta.dirname, '../..')
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const day = { FROM: '2013-09-01', TO: '2013-09-02' }

/** The producer as a process of its own, because that is what gets killed. */
describe('flight-producer', () => {
  let folder: string
  let collector: CollectorStandIn
  let adminPort: number
  const processes: GuardedProcess[] = []

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'flight-producer-'))
    collector = await startCollectorStandIn()
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
        API_KEY: 'flight-producer.secret',
        COLLECTOR_URL: collector.url,
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

  async function isReady(): Promise<boolean> {
    return (await fetch(`http://127.0.0.1:${adminPort}/readyz`)).ok
  }

  describe('without a clock', () => {
    let expected: readonly CloudEvent[]
    before(async () => {
      const [flights, planes] = [await readFlights(join(root, 'data')), await readPlanes(join(root, 'data'))]
      const range = { fromMs: Date.parse(day.FROM), toMs: Date.parse(day.TO) }
      expected = Array.from(deriveEvents({ flights: { flights, planes } }, range))
    })

    it('sends every event of the range and then idles, ready', async () => {
      start({ ...day, SPEED: 'max' })
      await until('everything', () => collector.stored.length >= expected.length)
      await until('ready', isReady)
      assert.deepEqual(collector.stored.map(idOf).toSorted(), expected.map(idOf).toSorted())
      const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()
      const departed = expected.filter(({ type }) => type === 'flight.departed.v1').length
      assert.match(metrics, new RegExp(`sluice_sent_total.*type="flight.departed.v1".* ${departed}\n`))
    })

    it('leaves no hole and no disorder when it is killed again and again', async () => {
      for (const threshold of [500, 1000, 1700]) {
        const killed = start({ ...day, SPEED: 'max', LANES: '2' })
        const [seen, tried] = [new Set<string>(), new Set<string>()]
        collector.react = (events) => {
          for (const { id } of collector.stored) seen.add(id)
          if (seen.size >= threshold) killed.signal('SIGKILL')
          return acceptSome(events, ({ id }) => id.includes('5-JFK') && !tried.has(id) && Boolean(tried.add(id)))
        }
        await killed.exited
      }
      collector.react = acceptAll
      start({ ...day, SPEED: 'max' })
      const expectedIds = new Set(expected.map(idOf))
      await until('everything', () => new Set(collector.stored.map(idOf)).size === expectedIds.size)
      assert.deepEqual(storiesOf(collector.stored), storiesOf(expected))
    })

    it('sends nothing twice when it is stopped and started', async () => {
      const first = start({ ...day, SPEED: 'max', LANES: '1' })
      collector.react = (events) => {
        first.signal('SIGTERM')
        return acceptAll(events)
      }
      assert.deepEqual(await first.exited, { code: 0, signal: null })
      const before = collector.stored.length
      assert.ok(before > 0 && before < expected.length, `${before} events before the stop`)
      start({ ...day, SPEED: 'max' })
      await until('the rest', () => collector.stored.length >= expected.length)
      assert.equal(collector.stored.length, expected.length)
      assert.deepEqual(new Set(collector.stored.map(idOf)), new Set(expected.map(idOf)))
    })

    it('refuses settings that are none, all at once, before anything else', async () => {
      const refused = start({ FROM: 'tomorrow', SPEED: 'fast' })
      assert.deepEqual(await refused.exited, { code: 78, signal: null })
      assert.equal(collector.requests.length, 0)
      const log = await readFile(join(folder, 'log'), 'utf8')
      assert.match(log, /FROM is \\"tomorrow\\", expected a date[^]*SPEED is \\"fast\\", expected/)
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

    function startClocked(speed: string): GuardedProcess {
      return start({ SPEED: speed, KAFKA_BROKERS: brokers, SCHEMAS_DIR: contracts.dir })
    }
    async function recorded(): Promise<Clock | null> {
      const record = (await readControl(kafka, control)).get('clock')
      return record === undefined ? null : decodeClock(record)
    }
    async function clockThat(what: string, holds: (clock: Clock) => boolean): Promise<Clock> {
      return waitFor(
        `a clock that ${what}`,
        async () => {
          const clock = await recorded()
          return clock !== null && holds(clock) && clock
        },
        { timeoutMs: 30_000, intervalMs: 200 }
      )
    }

    it('sets it once, sends nothing before its time, pauses it while stopped and keeps it after a crash', async () => {
      const early: string[] = []
      let clock: Clock | null = null
      collector.react = (events) => {
        const followed = clock
        if (followed !== null) {
          early.push(...events.filter(({ time }) => Date.parse(time) > simulatedAt(followed, Date.now()) + 1).map(idOf))
        }
        return acceptAll(events)
      }

      const first = startClocked('3600')
      clock = await clockThat('is set', ({ speed }) => speed === 3600)
      assert.equal(clock.simEpochMs, Date.parse('2013-09-01'))
      await until('some events', () => collector.stored.length > 100)
      assert.deepEqual(early, [])

      assert.deepEqual(await first.stop(10_000), { code: 0, signal: null })
      const paused = await clockThat('stands still', ({ speed }) => speed === 0)
      assert.ok(paused.simEpochMs > clock.simEpochMs)
      const before = collector.stored.length

      const second = startClocked('3600')
      clock = await clockThat('runs again', ({ speed }) => speed === 3600)
      assert.equal(clock.simEpochMs, paused.simEpochMs)
      await until('more events', () => collector.stored.length > before + 50)
      assert.deepEqual(early, [])
      assert.equal(new Set(collector.stored.map(idOf)).size, collector.stored.length)

      second.signal('SIGKILL')
      await second.exited
      const third = startClocked('3600')
      const after = collector.stored.length
      await until('events after the crash', () => collector.stored.length > after + 50)
      assert.deepEqual(await recorded(), clock)

      third.signal('SIGKILL')
      await third.exited
      startClocked('7200')
      const faster = await clockThat('is faster', ({ speed }) => speed === 7200)
      assert.ok(Math.abs(simulatedAt(clock, faster.wallEpochMs) - faster.simEpochMs) < 60_000, 'it did not jump')
      const ids = collector.stored.map(idOf)
      assert.ok(new Set(ids).size > ids.length - 2_000, 'only what was in hand is repeated')
    })
  })
})

function until(what: string, condition: () => boolean | Promise<boolean>): Promise<unknown> {
  return waitFor(what, condition, { timeoutMs: 30_000 })
}

function idOf({ id }: CloudEvent): string {
  return id
}

/** What happened to each flight, in the order in which it was stored first. */
function storiesOf(events: readonly CloudEvent[]): Record<string, string[]> {
  const stories: Record<string, string[]> = {}
  for (const id of new Set(events.map(idOf))) {
    const [flight = '', kind = ''] = id.split(':')
    ;(stories[flight] ??= []).push(kind)
  }
  return Object.fromEntries(Object.entries(stories).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
