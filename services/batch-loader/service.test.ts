import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { ensureTopics } from '@sluice/kafka'
import { assertReadmeSettings, runForTest, type RunningForTest } from '@sluice/service/testing'
import { startLossyProxy, waitFor } from '@sluice/testkit'
import { settings } from './config.ts'
import { batchLoader } from './service.ts'
import { assertWhole, mixed, waitForRows } from './src/testing/expect-rows.ts'
import {
  deadLetter,
  door,
  enrichedHeaders,
  openBench,
  partitions,
  reading,
  silent,
  type Bench,
  type TestRecord
} from './src/testing/lake-bench.ts'

describe('the batch loader', () => {
  let bench: Bench
  beforeEach(async () => void (bench = await openBench()))
  afterEach(() => bench[Symbol.asyncDispose]())

  const start = (change: Readonly<Record<string, string>> = {}): Promise<RunningForTest> =>
    runForTest(batchLoader, bench.env(change))

  const hasRows = (expected: Readonly<Record<string, number>>): Promise<void> => waitForRows(bench, expected)
  const isWhole = (from: number, to: number, parts?: number): Promise<void> => assertWhole(bench, from, to, parts)

  it('says in its README what its settings are', () => {
    assertReadmeSettings(import.meta.dirname, settings)
  })

  it('brings every record of both topics into its table, once, and is ready', async () => {
    const { enriched, dlq } = bench.contracts.topics
    for (let p = 0; p < partitions; p++) {
      await bench.send(enriched, p, mixed(0, 100))
      await bench.send(dlq, p, [deadLetter(100, 'contract'), deadLetter(101, 'repeat')])
    }
    await using loader = await start()
    await hasRows({ reading_taken_v1: 75 * partitions, door_opened_v1: 25 * partitions, dead_letters: 2 * partitions })
    await waitFor('ready', async () => (await loader.readyz()).ready, { timeoutMs: 10_000 })
    await isWhole(0, 100)
    const metrics = await loader.metrics()
    assert.match(metrics, /sluice_rows_total\{table="reading_taken_v1"\} 225\n/)
    assert.match(metrics, new RegExp(`sluice_lag_records\\{topic="${enriched.name}",partition="2"\\} 0\\n`))
    const letters = await bench.rows('dead_letters')
    assert.deepEqual(
      letters.slice(0, 2).map((row) => [row['reason'], row['value'], row['first_offset'], row['event_date']]),
      [
        ['contract', '{\\x22broken\\x22', null, '2026-11-24'],
        ['repeat', null, '3', '2026-11-24']
      ]
    )
  })

  it('makes every table before the first record is read, with a position for every partition', async () => {
    await using _loader = await start()
    for (const table of ['reading_taken_v1', 'door_opened_v1', 'dead_letters']) {
      const snapshot = await waitFor(table, async () => (await bench.reader.readSnapshot(table)) ?? undefined, {
        timeoutMs: 10_000
      })
      assert.equal(snapshot.version, 0)
      assert.equal(snapshot.txns.size, table === 'dead_letters' ? 2 * partitions : partitions)
      assert.deepEqual(new Set(snapshot.txns.values()), new Set([0]))
    }
  })

  it('goes on where it was after a stop, however often', async () => {
    const { enriched } = bench.contracts.topics
    for (let round = 0; round < 4; round++) {
      for (let p = 0; p < partitions; p++) await bench.send(enriched, p, mixed(round * 50, round * 50 + 50))
      const loader = await start({ FLUSH_MS: '20' })
      if (round % 2 === 0)
        await hasRows({ reading_taken_v1: Math.ceil((round + 1) * 37.5) * partitions }).catch(() => 0)
      assert.equal(await loader.stop(), 0)
    }
    await using _last = await start()
    await isWhole(0, 200)
  })

  it('flushes what it holds when it is stopped', async () => {
    await bench.send(bench.contracts.topics.enriched, 0, [reading(0), reading(1)])
    const loader = await start({ FLUSH_MS: '3600000' })
    const isBuffered = async () => /sluice_received_total\{.*reading.taken.v1"\} 2/.test(await loader.metrics())
    await waitFor('two records taken', isBuffered, { timeoutMs: 20_000 })
    assert.equal(await bench.reader.countRows('reading_taken_v1'), 0)
    assert.equal(await loader.stop(), 0)
    assert.equal(await bench.reader.countRows('reading_taken_v1'), 2)
  })

  it('abandons a flush that does not end, stops in time, and loses nothing', async () => {
    await using proxy = await startLossyProxy(bench.s3.endpoint)
    await bench.send(bench.contracts.topics.enriched, 0, mixed(0, 10))
    const loader = await start({ S3_ENDPOINT: proxy.endpoint })
    let isHeld = false
    proxy.decide = ({ method, url }) => {
      if (method !== 'PUT' || !url.includes('.parquet')) return 'pass'
      isHeld = true
      return () => new Promise(() => undefined)
    }
    await waitFor('a flush that hangs', () => isHeld, { timeoutMs: 20_000 })
    const beganMs = performance.now()
    assert.equal(await loader.stop(), 0)
    assert.ok(performance.now() - beganMs < 9_000)
    await using _next = await start()
    await isWhole(0, 10, 1)
  })

  it('waits while S3 is away or says 403, says so, and goes on by itself', async () => {
    await using proxy = await startLossyProxy(bench.s3.endpoint)
    await using loader = await start({ S3_ENDPOINT: proxy.endpoint, FLUSH_ROWS: '40' })
    const { enriched } = bench.contracts.topics
    for (let p = 0; p < partitions; p++) await bench.send(enriched, p, mixed(0, 4))
    await isWhole(0, 4)
    let status = 503
    proxy.decide = ({ url }) => (url.includes(bench.prefix) ? status : 'pass')
    for (let p = 0; p < partitions; p++) await bench.send(enriched, p, mixed(4, 200))
    const reasons = async () => JSON.stringify(await loader.readyz())
    await waitFor('a reason in words', async () => /s3.*503/.test(await reasons()), { timeoutMs: 20_000 })
    status = 403
    await waitFor('another reason', async () => /s3.*403/.test(await reasons()), { timeoutMs: 20_000 })
    proxy.decide = () => 'pass'
    await isWhole(0, 200)
    assert.deepEqual(await bench.rows('dead_letters'), [])
    await waitFor('ready again', async () => (await loader.readyz()).ready, { timeoutMs: 20_000 })
  })

  it('makes dead letters of what others wrote into the topic, each once, and delays nobody', async () => {
    const { enriched } = bench.contracts.topics
    const misfits: readonly (TestRecord & { readonly reason: string })[] = [
      { reason: 'headers', value: 'anything', headers: {} },
      { reason: 'unknown_type', value: '{}', headers: enrichedHeaders('never.heard.v1', '1.0', 21) },
      { reason: 'unknown_version', value: '{}', headers: enrichedHeaders('door.opened.v1', '2.0', 22) },
      {
        reason: 'headers',
        value: '{}',
        headers: { ...enrichedHeaders('door.opened.v1', '1.0', 0), origin_offset: '-1' }
      },
      { ...reading(23), reason: 'headers', headers: enrichedHeaders('reading.taken.v1', '1.1', 9_000_000_000_000) },
      { ...reading(24), reason: 'parse', value: 'not JSON' },
      { ...reading(25), reason: 'parse', value: '{"id":"cut off' },
      { ...reading(26), reason: 'envelope', value: '{}' },
      { ...reading(27, { data: { sensor: 's', serial: '12x', value: 1 } }), reason: 'contract' },
      { ...reading(28, { data: { sensor: 's', serial: '9223372036854775808', value: 1 } }), reason: 'contract' },
      { ...reading(29, { data: { sensor: null, serial: '1', value: 1 } }), reason: 'contract' },
      { ...reading(30, { type: 'door.opened.v1' }), reason: 'contract' },
      { ...reading(31, { time: '2013-09-01' }), reason: 'envelope' },
      {
        ...reading(32, { data: { sensor: 's', serial: '1', value: 1, enrichment: { arrival_delay: 'no' } } }),
        reason: 'bug'
      }
    ].map((record) => ({ ...record }))
    await bench.send(enriched, 1, [...mixed(0, 20), ...misfits, ...mixed(40, 60)])
    await using loader = await start()
    await hasRows({ reading_taken_v1: 30, door_opened_v1: 10, dead_letters: misfits.length })
    const letters = await bench.rows('dead_letters')
    assert.deepEqual(
      letters.map((row) => row['reason']),
      misfits.map(({ reason }) => reason)
    )
    for (const [i, letter] of letters.entries()) {
      assert.equal(letter['kafka_offset'], String(20 + i))
      assert.equal(letter['service'], 'batch-loader')
      assert.deepEqual(JSON.parse(letter['headers'] as string), misfits[i]?.headers)
    }
    const values = await bench.reader.queryTables(
      'SELECT decode(value) AS value FROM dead_letters ORDER BY kafka_offset',
      { tables: ['dead_letters'] }
    )
    assert.deepEqual(
      values.map(({ value }) => value),
      misfits.map(({ value }) => value)
    )
    assert.match(await loader.metrics(), /sluice_rejected_total\{reason="contract"\} 4\n/)
    await loader.stop()
    await using _again = await start()
    await bench.send(enriched, 1, [reading(200)])
    await hasRows({ reading_taken_v1: 31, dead_letters: misfits.length })
  })

  it('stops a partition at a newer version of a contract, naming both, and no other', async () => {
    const { enriched } = bench.contracts.topics
    const newer = { ...reading(50), headers: enrichedHeaders('reading.taken.v1', '1.2', 50) }
    await bench.send(enriched, 0, [...mixed(0, 50), newer, ...mixed(51, 60)])
    await bench.send(enriched, 1, mixed(0, 50))
    await using loader = await start()
    await hasRows({ reading_taken_v1: 76, door_opened_v1: 24 })
    const { ready, ...reasons } = await loader.readyz()
    assert.equal(ready, false)
    assert.match(JSON.stringify(reasons), /0 is stopped at offset 50: reading.taken 1.2 is newer than 1.1/)
    await loader.stop()
    await raiseMinor(join(bench.schemasDir, 'reading.taken.v1.json'))
    await using _newerLoader = await start()
    await hasRows({ reading_taken_v1: 83, door_opened_v1: 27 })
  })

  it('refuses a log that is not the one that the tables came from, until it is told', async () => {
    const { enriched, raw, dlq, control } = bench.contracts.topics
    await bench.send(enriched, 0, mixed(0, 20))
    const first = await start()
    await hasRows({ reading_taken_v1: 15, door_opened_v1: 5 })
    await first.stop()
    await recreate([enriched, raw, dlq, control].map(({ name }) => name))
    await bench.send(enriched, 0, mixed(0, 20))
    const refused = await start()
    assert.equal(await refused.ended, 78)
    assert.match(JSON.stringify(refused.lines), /reading_taken_v1: expected positions in .*-2, found .*-1/)
    await using _accepted = await start({ ACCEPT_NEW_LOG: 'true' })
    await hasRows({ reading_taken_v1: 30, door_opened_v1: 10 })
  })

  it('refuses to skip records that were deleted unread until they are named, and writes them down', async () => {
    const { enriched } = bench.contracts.topics
    await bench.send(enriched, 0, mixed(0, 20))
    const first = await start()
    await hasRows({ reading_taken_v1: 15, door_opened_v1: 5 })
    await first.stop()
    await bench.send(enriched, 0, mixed(20, 40))
    await deleteBelow(enriched.name, 0, 30n)
    const refused = await start()
    assert.equal(await refused.ended, 78)
    const [, gap = '', from] = /ACCEPT_GAP=(\S+\/0:(\d+)-29)/.exec(JSON.stringify(refused.lines)) ?? []
    // Where its quietest table is: dead_letters has had nothing.
    assert.equal(from, '0')
    await using accepted = await start({ ACCEPT_GAP: gap })
    await hasRows({ reading_taken_v1: 22, door_opened_v1: 8, dead_letters: 1 })
    const [letter] = await bench.rows('dead_letters')
    assert.deepEqual(
      [letter?.['reason'], letter?.['service'], letter?.['origin_offset']],
      ['gap', 'batch-loader', '29']
    )
    assert.match(await accepted.metrics(), /sluice_rejected_total\{reason="gap"\} 1\n/)
  })

  it('gives a new table the positions of the others, and a table behind them only what it lacks', async () => {
    const { enriched } = bench.contracts.topics
    const contract = join(bench.schemasDir, 'door.opened.v1.json')
    const text = await readFile(contract, 'utf8')
    await bench.send(enriched, 0, [reading(0), reading(1)])
    await rm(contract)
    const without = await start()
    await hasRows({ reading_taken_v1: 2 })
    await without.stop()
    await writeFile(contract, text)
    await bench.send(enriched, 0, [door(2), reading(3)])
    await using _with = await start()
    await hasRows({ reading_taken_v1: 3, door_opened_v1: 1 })
    const snapshot = await bench.reader.readSnapshot('door_opened_v1')
    const positions = [...(snapshot?.txns ?? [])].filter(([app]) => app.endsWith('/0'))
    assert.deepEqual(
      positions.map(([, version]) => version),
      [4]
    )
  })

  it('drops what the broker delivers twice, also across a restart', async () => {
    const { enriched } = bench.contracts.topics
    // Something for every table, or reading would begin anew at the one that has nothing.
    const unheard = { value: '{}', headers: enrichedHeaders('unheard.of.v1', '1.0', 2) }
    await bench.send(enriched, 0, [reading(0), door(1), door(1), unheard])
    const first = await start()
    await hasRows({ reading_taken_v1: 1, door_opened_v1: 1, dead_letters: 1 })
    await first.stop()
    await bench.send(enriched, 0, [door(1), unheard, reading(3)])
    await using second = await start()
    await hasRows({ reading_taken_v1: 2, door_opened_v1: 1, dead_letters: 1 })
    assert.match(await second.metrics(), /sluice_doubled_total\{.*\} 2\n/)
  })

  it('shares a lake with a rival that reads the same partitions, and every record is there once', async () => {
    const { enriched, dlq } = bench.contracts.topics
    const rivals = ['a', 'b'].map((group) =>
      start({ GROUP_ID: `${bench.name}-${group}`, FLUSH_MS: '30', SPOOL_DIR: join(tmpdir(), `${bench.name}-${group}`) })
    )
    const loaders = await Promise.all(rivals)
    let sent = 0
    for (let round = 0; round < 10 || (round < 60 && loaders.some((loader) => discarded(loader) === 0)); round++) {
      for (let p = 0; p < partitions; p++) {
        await bench.send(enriched, p, mixed(sent, sent + 40))
        await bench.send(dlq, p, [deadLetter(round, 'contract')])
      }
      sent += 40
    }
    await isWhole(0, sent)
    await hasRows({ dead_letters: (sent / 40) * partitions })
    for (const loader of loaders) assert.ok(discarded(loader) > 0, 'one of the two was never overtaken')
    // Who was overtaken must still be able to load.
    const [first, second] = loaders as [RunningForTest, RunningForTest]
    assert.equal(await first.stop(), 0)
    for (let p = 0; p < partitions; p++) await bench.send(enriched, p, mixed(sent, sent + 40))
    await isWhole(0, sent + 40)
    assert.equal(await second.stop(), 0)
    await isWhole(0, sent + 40)
  })

  /** Removes records as retention would. */
  async function deleteBelow(topic: string, partition: number, offset: bigint): Promise<void> {
    const client = bench.kafka.client()
    const admin = client.admin()
    await admin.connect()
    await admin.fetchTopicMetadata({ topics: [topic] })
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: offset.toString() }] })
    client.close()
  }

  /** Deletes topics and makes them again, as another life. */
  async function recreate(topics: readonly string[]): Promise<void> {
    const client = bench.kafka.client()
    const admin = client.admin()
    await admin.connect()
    await admin.deleteTopics({ topics: [...topics] })
    client.close()
    const deps = { log: silent, newId: () => `${bench.name}-2` }
    await waitFor(
      'the topics to be made again',
      () => ensureTopics(bench.kafka, bench.contracts.topics, deps).then(() => true),
      { timeoutMs: 20_000, intervalMs: 200 }
    )
  }
})

/** A contract with one more optional field, as the next minor. */
async function raiseMinor(path: string): Promise<void> {
  const text = await readFile(path, 'utf8')
  const schema = JSON.parse(text.replaceAll('"1.1"', '"1.2"').replaceAll(':1.1"', ':1.2"')) as {
    properties: Record<string, unknown>
  }
  schema.properties['added'] = { type: 'integer', minimum: 0, maximum: 9 }
  await writeFile(path, JSON.stringify(schema))
}

/** How often a loader had to throw its rows away. */
function discarded({ lines }: RunningForTest): number {
  return lines.filter(({ msg }) => /another loader has moved/.test(String(msg))).length
}
