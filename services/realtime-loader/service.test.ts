import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { header } from '@sluice/events'
import { readRange, writeControl } from '@sluice/kafka'
import { assertReadmeSettings, runForTest } from '@sluice/service/testing'
import { createViewReader, loadViews, openReader, type OpenReader, type ViewReader } from '@sluice/store'
import { startRedis, waitFor, type Backing, type RedisConnection } from '@sluice/testkit'
import { settings } from './config.ts'
import { realtimeLoader } from './service.ts'
import { createEnrichedLog, type EnrichedLog, type TestEvent } from './src/testing/enriched-log.ts'
import { redisCommands } from './src/testing/redis-commands.ts'

const dayMs = 86_400_000
const timeoutMs = 20_000

/** The life of one flight: scheduled, departed, landed. */
function flight(number: number, delay = 5): TestEvent[] {
  const key = `20130901-UA-${number}-EWR`
  const common = {
    flight_id: key,
    carrier: 'UA',
    flight_number: number,
    tail_number: 'N1',
    origin: 'EWR',
    destination: 'IAH'
  }
  const [departure, arrival] = ['2013-09-01T12:00:00Z', '2013-09-01T15:00:00Z']
  const enrichment = {
    arrival_delay: { probability: number / 10_000, model: 'arrival-delay', version: '1', sha256: 'x' }
  }
  const scheduled = {
    ...common,
    scheduled_departure: departure,
    scheduled_arrival: arrival,
    distance_miles: 1400,
    enrichment
  }
  return [
    { key, type: 'flight.scheduled.v1', time: '2013-09-01T10:00:00Z', data: scheduled },
    {
      key,
      type: 'flight.departed.v1',
      time: departure,
      data: { ...common, scheduled_departure: departure, departed_at: departure, departure_delay_minutes: 0 }
    },
    {
      key,
      type: 'flight.landed.v1',
      time: arrival,
      data: {
        ...common,
        scheduled_arrival: arrival,
        landed_at: arrival,
        arrival_delay_minutes: delay,
        air_time_minutes: null
      }
    }
  ]
}

/** What the topic holds, counted by a plain read: nothing of the loader's is used. */
async function countLog({ kafka, contracts }: EnrichedLog): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  const { name: topic, partitions } = contracts.topics.enriched
  for (let partition = 0; partition < partitions; partition++) {
    for await (const { headers } of readRange(kafka, { topic, partition })) {
      const type = headers[header.eventType]?.toString() ?? 'none'
      counts[type] = (counts[type] ?? 0) + 1
    }
  }
  return counts
}

describe('the real-time loader', () => {
  let dir: string
  let redis: Backing<RedisConnection>
  let log: EnrichedLog
  let store: OpenReader
  let views: ViewReader

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-realtime-'))
    redis = await startRedis({ dir })
    store = await openReader(redis.settings)
    await renewLog()
  })
  beforeEach(flushAll)
  after(async () => {
    await log[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
    await redis[Symbol.asyncDispose]()
    await rm(dir, { recursive: true })
  })

  /** An empty log. Tests that only compare Redis with the log go on with the one that is there. */
  async function renewLog(): Promise<void> {
    await log?.[Symbol.asyncDispose]()
    log = await createEnrichedLog()
    views = createViewReader(store, await loadViews(log.schemasDir, log.contracts))
  }

  async function flushAll(): Promise<void> {
    assert.deepEqual(await redisCommands(redis, 'FLUSHALL'), ['+OK'])
  }

  const start = (env: Readonly<Record<string, string>> = {}) =>
    runForTest(realtimeLoader, {
      ...log.env,
      REDIS_URL: redis.settings.url,
      REDIS_PASSWORD: redis.settings.password,
      ...env
    })

  /** Removes records as retention would. */
  async function deleteBelow(topic: string, partition: number, offset: bigint): Promise<void> {
    const client = log.kafka.client()
    const admin = client.admin()
    await admin.connect()
    await admin.fetchTopicMetadata({ topics: [topic] })
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: offset.toString() }] })
    client.close()
  }

  /** All counts of today and yesterday, by type. */
  async function counted(): Promise<Record<string, number>> {
    const sums: Record<string, number> = {}
    for (const { counts } of await views.counts(Date.now() - 60 * 60_000, Date.now() + 60_000)) {
      for (const [type, count] of Object.entries(counts)) sums[type] = (sums[type] ?? 0) + count
    }
    return sums
  }

  async function untilEqualToLog(): Promise<void> {
    const expected = await countLog(log)
    await waitFor('redis to equal the log', async () => isDeepStrictEqual(await counted(), expected), {
      timeoutMs
    }).catch(async () => assert.deepEqual(await counted(), expected))
  }

  async function writeFlights(from: number, to: number): Promise<void> {
    await Promise.all(
      Array.from({ length: to - from }, async (_, i) => {
        for (const event of flight(from + i)) await log.write(event)
      })
    )
  }

  it('shows each flight, the boards, the counts and the last predictions', async () => {
    await writeFlights(1, 41)
    await using loader = await start()
    await untilEqualToLog()
    assert.deepEqual(await views.states('flight', ['20130901-UA-7-EWR', 'none']), [
      {
        status: 'landed',
        carrier: 'UA',
        flight_number: '7',
        tail_number: 'N1',
        origin: 'EWR',
        destination: 'IAH',
        scheduled_departure: '2013-09-01T12:00:00Z',
        scheduled_arrival: '2013-09-01T15:00:00Z',
        distance_miles: '1400',
        late_probability: '0.0007',
        model: 'arrival-delay',
        model_version: '1',
        departed_at: '2013-09-01T12:00:00Z',
        departure_delay_minutes: '0',
        landed_at: '2013-09-01T15:00:00Z',
        arrival_delay_minutes: '5',
        as_of: '2013-09-01T15:00:00Z'
      },
      null
    ])
    const noon = Date.parse('2013-09-01T12:00:00Z')
    assert.equal((await views.board('departures', ['EWR'], noon, noon + dayMs)).length, 40)
    assert.equal((await views.board('departures', ['EWR'], noon + 1, noon + dayMs)).length, 0)
    assert.equal((await views.board('arrivals', ['IAH'], noon - dayMs, noon + dayMs)).length, 40)
    const predictions = (await views.recent('predictions', 6, 50)).flat()
    assert.equal(predictions.length, 40)
    const text = await loader.metrics()
    assert.match(text, /sluice_sent_total\{output="redis",type="flight.landed.v1"\} 40/)
    assert.match(text, /sluice_latency_seconds_count\{step="redis"\} 120/)
    await waitFor('ready', async () => (await loader.readyz()).ready, { timeoutMs })
  })

  it('counts nothing twice when it is stopped and started under load, any number of times', async () => {
    const writing = writeFlights(1, 301)
    for (let i = 0; i < 3; i++) {
      const loader = await start()
      await waitFor('some progress', async () => Object.keys(await counted()).length > 0, { timeoutMs })
      assert.equal(await loader.stop(), 0)
    }
    await writing
    await using _last = await start()
    await untilEqualToLog()
  })

  it('heals itself when Redis forgets everything, under load and when nothing more arrives', async () => {
    await using _loader = await start()
    const writing = writeFlights(1, 301)
    for (let i = 0; i < 3; i++) {
      await waitFor('some progress', async () => Object.keys(await counted()).length > 0, { timeoutMs })
      await flushAll()
    }
    await writing
    await untilEqualToLog()
    await flushAll()
    await untilEqualToLog()
  })

  it('waits while Redis is away, alive and not ready, and goes on by itself', async () => {
    await using loader = await start()
    await writeFlights(1, 21)
    await untilEqualToLog()
    await redis.kill()
    await writeFlights(21, 41)
    const { reasons } = await waitFor(
      'not ready',
      async () => {
        const readiness = await loader.readyz()
        return !readiness.ready && readiness
      },
      { timeoutMs }
    )
    assert.match(reasons.join('\n'), /redis/i)
    assert.equal((await fetch(`${loader.adminUrl}/healthz`)).status, 200)
    await redis.restart()
    await untilEqualToLog()
    await waitFor('ready', async () => (await loader.readyz()).ready, { timeoutMs })
  })

  it('gives the same as ever when two share the partitions and a third does not know that it lost them', async () => {
    await using _one = await start()
    await using _two = await start()
    await using _zombie = await start({ GROUP_ID: `${log.incarnation}-zombie` })
    await writeFlights(1, 201)
    await untilEqualToLog()
  })

  it('counts, logs and passes what it cannot apply; nobody behind it has to wait', async () => {
    await renewLog()
    const key = '20130901-UA-1-EWR'
    const { partition } = await log.write(flight(1)[0] as TestEvent)
    await log.writeRaw(partition, key, Buffer.from('not JSON'), { [header.eventType]: 'flight.scheduled.v1' })
    await log.writeRaw(partition, key, Buffer.from('{}'), {})
    await log.write(flight(1)[1] as TestEvent, { [header.originOffset]: '9000000000000000000' })
    await log.write(flight(1)[1] as TestEvent)
    await using loader = await start()
    await waitFor(
      'the record behind',
      async () => (await views.states('flight', [key]))[0]?.['status'] === 'departed',
      { timeoutMs }
    )
    const passed = loader.lines.filter(({ msg }) => msg === 'record passed')
    assert.deepEqual(
      passed.map(({ reason }) => reason),
      ['unknown_version', 'unknown_type', 'headers']
    )
    assert.match(await loader.metrics(), /sluice_rejected_total\{reason="unknown_type"\} 1/)
  })

  it('stops a partition at a record of a newer contract, names both versions, and leaves the others alone', async () => {
    await renewLog()
    const [first, second, third] = flight(1) as [TestEvent, TestEvent, TestEvent]
    const stopped = await log.write(first)
    await log.write(second, { [header.contractVersion]: '1.4' })
    await log.write(third)
    await writeFlights(2, 31)
    await using loader = await start()
    const reasons = await waitFor(
      'the reason',
      async () => {
        const readiness = await loader.readyz()
        return readiness.reasons.some((reason) => reason.includes('1.4')) && readiness.reasons
      },
      { timeoutMs }
    )
    assert.match(reasons.join('\n'), new RegExp(`partition ${stopped.partition} .*flight.departed 1.4.* knows 1.0`))
    await waitFor(
      'the others',
      async () => {
        const states = await views.states(
          'flight',
          Array.from({ length: 29 }, (_, i) => `20130901-UA-${i + 2}-EWR`)
        )
        return states.filter((state) => state?.['status'] === 'landed').length >= 20
      },
      { timeoutMs }
    )
    assert.equal((await views.states('flight', [first.key]))[0]?.['status'], 'scheduled')
  })

  it('refuses to skip records that were deleted unread until they are named, and writes them down', async () => {
    await renewLog()
    const { enriched, dlq } = log.contracts.topics
    const [scheduled, departed, landed] = flight(1) as [TestEvent, TestEvent, TestEvent]
    const { partition } = await log.write(scheduled)
    const before = await start()
    await untilEqualToLog()
    await before.stop()
    const { offset } = await log.write(departed)
    await deleteBelow(enriched.name, partition, offset + 1n)
    const gap = `${enriched.name}/${partition}:${offset}-${offset}`
    const refused = await start({ ACCEPT_GAP: `${enriched.name}/${partition}:${offset}-${offset + 1n}` })
    assert.equal(await refused.ended, 78)
    assert.ok(
      JSON.stringify(refused.lines).includes(`ACCEPT_GAP=${gap}`),
      'another range was accepted, this one is named'
    )
    await using accepted = await start({ ACCEPT_GAP: gap })
    await log.write(landed)
    const status = async () => (await views.states('flight', [scheduled.key]))[0]?.['status']
    await waitFor('the record behind', async () => (await status()) === 'landed', { timeoutMs })
    assert.match(await accepted.metrics(), /sluice_rejected_total\{reason="gap"\} 1\n/)
    assert.match(await accepted.metrics(), /^sluice_seconds_to_loss\{.*\} 6\d{5}$/m)
    const letters = await Array.fromAsync(readRange(log.kafka, { topic: dlq.name, partition }))
    assert.deepEqual(
      letters.map(({ headers }) =>
        [headers[header.dlqReason], headers[header.dlqService], headers[header.dlqGapFrom]].join()
      ),
      [`gap,realtime-loader,${offset}`]
    )
  })

  it('refuses another life of the topic until it is told to accept it', async () => {
    await renewLog()
    const topic = log.contracts.topics.enriched.name
    await writeFlights(1, 11)
    const before = await start()
    await untilEqualToLog()
    await before.stop()
    await writeControl(log.kafka, log.contracts.topics.control, `incarnation/${topic}`, 'another')
    const refused = await start()
    assert.equal(await refused.ended, 78)
    assert.match(JSON.stringify(refused.lines), /expected incarnation another: ACCEPT_NEW_LOG=true/)
    await using _accepted = await start({ ACCEPT_NEW_LOG: 'true' })
    await untilEqualToLog()
  })
})

it('the real-time loader has a README that prints its settings', () => {
  assertReadmeSettings(import.meta.dirname, settings)
})
