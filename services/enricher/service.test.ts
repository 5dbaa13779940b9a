import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { loadContracts, partitionOf, recordKeyOf, type Contracts } from '@sluice/contracts'
import { header, type CloudEvent, type KafkaRecord } from '@sluice/events'
import { ensureTopics, openKafka, openLanes, readRange, type Kafka, type Lanes } from '@sluice/kafka'
import { runForTest } from '@sluice/service/testing'
import { freePort, sharedBacking, uniqueName, waitFor } from '@sluice/testkit'
import { enricher } from './service.ts'

const root = resolve(import.meta.dirname, '../..')

describe('the enricher', () => {
  let dir: string
  let contracts: Contracts
  let kafka: Kafka
  let lanes: Lanes
  let env: Record<string, string>
  let api: ChildProcess | null = null
  let apiPort: number
  before(async () => {
    const { brokers } = (await sharedBacking()).kafka.settings
    dir = await mkdtemp(join(tmpdir(), 'enricher-'))
    await cp(join(root, 'schemas'), dir, { recursive: true })
    const prefix = uniqueName('enricher')
    const yaml = await readFile(join(dir, 'topics.yaml'), 'utf8')
    await writeFile(join(dir, 'topics.yaml'), yaml.replaceAll(/^  name: /gm, `$&${prefix}.`))
    contracts = await loadContracts(dir)
    kafka = openKafka({ brokers, clientId: 'test', tls: null, sasl: null }, { log: silent })
    await ensureTopics(kafka, contracts.topics, { log: silent, newId: () => prefix })
    lanes = openLanes(kafka, { topic: contracts.topics.raw }, { log: silent })
    apiPort = await freePort()
    env = { KAFKA_BROKERS: brokers.join(), SCHEMAS_DIR: dir, GROUP_ID: prefix, ENRICHMENT_API: `127.0.0.1:${apiPort}` }
  })
  after(async () => {
    api?.kill('SIGKILL')
    await lanes[Symbol.asyncDispose]()
    await rm(dir, { recursive: true, force: true })
  })

  it('waits for the model with what needs it, passes the rest, and scores it when the model is back', async () => {
    await using service = await runForTest(enricher, env)
    const scheduled = await example('flight.scheduled.v1', 'valid-registered-aircraft')
    await send(scheduled)
    const reason = `partition ${place(scheduled).partition} waits for enrichment-api`
    await waitFor(
      'the outage to be named',
      async () => (await service.readyz()).reasons.some((one) => one.startsWith(reason)),
      timeout
    )
    const others = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((n) => weather(n)))
    const elsewhere = others.filter((event) => place(event).partition !== place(scheduled).partition)
    for (const event of elsewhere) await send(event)
    await waitFor(
      'the others',
      async () => (await read(contracts.topics.enriched.name)).length === elsewhere.length,
      timeout
    )
    assert.deepEqual(await read(contracts.topics.dlq.name), [])

    api = startApi()
    const records = await waitFor(
      'the score',
      async () => {
        const all = await read(contracts.topics.enriched.name)
        return all.length > elsewhere.length && all
      },
      timeout
    )
    const record = records.find(({ headers }) => String(headers[header.eventType]) === scheduled.type)
    const event = JSON.parse(String(record?.value)) as CloudEvent & {
      data: { enrichment: { arrival_delay: { probability: number } } }
    }
    const { probability, ...model } = event.data.enrichment.arrival_delay
    assert.ok(probability > 0 && probability < 1)
    assert.deepEqual(model, await servedModel())
    assert.equal(event.dataschema, contracts.byType(scheduled.type)?.enrichedDataschema)
    assert.ok(
      (await read(contracts.topics.enriched.name)).every(
        ({ headers }) => String(headers[header.contractVersion]) === '1.0'
      )
    )
    await waitFor('ready', async () => (await service.readyz()).ready, timeout)
    assert.equal(await service.stop(), 0)
  })

  it('makes dead letters of what breaks its contract, lies in the wrong place or comes again', async () => {
    await using service = await runForTest(enricher, env)
    const good = { ...(await example('flight.landed.v1', 'valid-eleven-minutes-late')), id: 'good' }
    const broken = { ...(await example('flight.landed.v1', 'invalid-three-days-late')), id: 'broken' }
    await send(good)
    await send(good)
    await send(broken)
    await send({ ...good, id: 'misplaced' }, (place(good).partition + 1) % 6)
    await send({ ...good, id: 'unsigned', sourceid: undefined })
    const letters = await waitFor(
      'four dead letters',
      async () => {
        const all = await read(contracts.topics.dlq.name)
        return all.length === 4 && all
      },
      timeout
    )
    const reasons = letters.map(({ headers }) => String(headers[header.dlqReason]))
    assert.deepEqual(reasons.toSorted(), ['contract', 'envelope', 'key', 'repeat'])
    const letter = letters.find(({ headers }) => String(headers[header.dlqReason]) === 'contract')
    assert.equal(String(letter?.headers[header.dlqPointer]), '/data/arrival_delay_minutes')
    assert.equal(String(letter?.headers[header.dlqContract]), 'flight.landed:1.0')
    assert.equal(String(letter?.value), JSON.stringify(broken))
    const metrics = await service.metrics()
    assert.match(metrics, /sluice_repeated_total 1/)
    assert.match(metrics, /sluice_rejected_total\{reason="contract"\} 1/)
    assert.equal(await service.stop(), 0)
  })

  function place(event: CloudEvent): { readonly key: Buffer; readonly partition: number } {
    const key = Buffer.from(recordKeyOf(contracts.byType(event.type)!, event))
    return { key, partition: partitionOf(key, contracts.topics.raw.partitions) }
  }

  async function send(
    event: CloudEvent | (Omit<CloudEvent, 'sourceid'> & { sourceid: undefined }),
    partition?: number
  ): Promise<void> {
    const at = place(event as CloudEvent)
    const value = Buffer.from(JSON.stringify(event))
    await lanes.send({ ...at, value, headers: {}, ...(partition !== undefined && { partition }) })
  }

  async function read(topic: string): Promise<KafkaRecord[]> {
    const partitions = Array.from({ length: contracts.topics.raw.partitions }, (_, partition) => partition)
    const logs = await Promise.all(
      partitions.map((partition) => Array.fromAsync(readRange(kafka, { topic, partition })))
    )
    return logs.flat()
  }

  /** In a process of its own: services do not import each other. */
  function startApi(): ChildProcess {
    return spawn(process.execPath, ['services/enrichment-api/main.ts'], {
      cwd: root,
      stdio: 'ignore',
      env: {
        ...process.env,
        HTTP_HOST: '127.0.0.1',
        HTTP_PORT: '0',
        GRPC_PORT: String(apiPort),
        ADMIN_HOST: '127.0.0.1',
        ADMIN_PORT: '0'
      }
    })
  }
})

const timeout = { timeoutMs: 30_000 }
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

async function example(type: string, name: string): Promise<CloudEvent> {
  const parsed = JSON.parse(await readFile(join(root, 'schemas/examples', type, `${name}.json`), 'utf8')) as {
    data?: object
  }
  return eventOf(type, `${type}:${name}`, 'data' in parsed ? parsed.data : parsed)
}

async function weather(hour: number): Promise<CloudEvent> {
  const event = await example('weather.observed.v1', 'valid-calm-morning')
  const station = ['EWR', 'JFK', 'LGA'][hour % 3]
  return { ...event, id: `weather-${hour}`, data: { ...(event.data as object), station } }
}

function eventOf(type: string, id: string, data: unknown): CloudEvent {
  const [time, receivedtime] = ['2013-09-01T12:00:00Z', new Date().toISOString()]
  return { specversion: '1.0', id, source: 'urn:sluice:test', type, time, sourceid: 'test', receivedtime, data }
}

async function servedModel() {
  const path = join(root, 'models/arrival-delay/1/model.json')
  const { name, version, sha256 } = JSON.parse(await readFile(path, 'utf8')) as Record<string, string>
  return { model: name, version, sha256 }
}
