import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadContracts, type Contracts, type TopicSpec } from '@sluice/contracts'
import { header, type Log } from '@sluice/events'
import { endOffsets, ensureTopics, openKafka, openLanes, type Kafka } from '@sluice/kafka'
import { openLakeReader, openObjectStore, type LakeReader, type ObjectStore } from '@sluice/lake'
import { sharedBacking, uniqueName, waitFor } from '@sluice/testkit'

/* Topics and a prefix of its own for one test, on the real broker and the real S3 server. */

export interface Bench extends AsyncDisposable {
  readonly name: string
  readonly schemasDir: string
  readonly contracts: Contracts
  readonly kafka: Kafka
  readonly prefix: string
  readonly reader: LakeReader
  readonly store: ObjectStore
  readonly s3: Awaited<ReturnType<typeof sharedBacking>>['s3']['settings']
  /** Sends records into a partition and says the offset of the first. */
  send(topic: TopicSpec, partition: number, records: readonly TestRecord[]): Promise<bigint>
  /** Settings of a loader that flushes often. */
  env(change?: Readonly<Record<string, string>>): Record<string, string>
  /** Rows of a table, in the order of their offsets; empty while there is none. */
  rows(table: string): Promise<readonly Record<string, unknown>[]>
}

export interface TestRecord {
  readonly value: string | null
  readonly headers: Readonly<Record<string, string>>
}

export const partitions = 3

export async function openBench(): Promise<Bench> {
  const { kafka: broker, s3 } = await sharedBacking()
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = s3.settings
  // The service takes them from the SDK's default chain.
  process.env['AWS_ACCESS_KEY_ID'] = accessKeyId
  process.env['AWS_SECRET_ACCESS_KEY'] = secretAccessKey
  const name = uniqueName('loader')
  const dir = await mkdtemp(join(tmpdir(), `sluice-${name}-`))
  const schemasDir = join(dir, 'schemas')
  await cp(join(import.meta.dirname, 'contracts'), schemasDir, { recursive: true })
  const topicsYaml = join(schemasDir, 'topics.yaml')
  await writeFile(topicsYaml, (await readFile(topicsYaml, 'utf8')).replaceAll(/^ {2}name: /gm, `$&${name}.`))
  const contracts = await loadContracts(schemasDir)
  const kafka = openKafka(
    { brokers: broker.settings.brokers, clientId: 'test', tls: null, sasl: null },
    { log: silent }
  )
  await ensureTopics(kafka, contracts.topics, { log: silent, newId: () => `${name}-1` })
  const credentials = { accessKeyId, secretAccessKey }
  const store = openObjectStore({ endpoint, region, bucket, forcePathStyle: true, credentials })
  // SeaweedFS answers a moment before it has made its bucket.
  await waitFor('the bucket', () => store.list('x').then(() => true), { timeoutMs: 10_000 })
  const prefix = `bronze-${name}`
  const reader = openLakeReader({ store, prefix, workDir: join(dir, 'reader'), log: silent, now: () => Date.now() })

  /** Origins are offsets of the raw topic: it has to reach them first. */
  async function raiseRaw(partition: number, records: readonly TestRecord[]): Promise<void> {
    const origins = records.map(({ headers }) =>
      Number(headers[header.originOffset] ?? headers[header.dlqOriginOffset])
    )
    const highest = BigInt(Math.max(-1, ...origins.filter((origin) => origin < 100_000)))
    const { raw } = contracts.topics
    const missing = Number(highest - ((await endOffsets(kafka, raw.name)).get(partition)?.end ?? 0n)) + 1
    if (missing <= 0) return
    await using lanes = openLanes(kafka, { topic: raw }, { log: silent })
    const filler = { partition, key: null, value: Buffer.alloc(0), headers: {} }
    await Promise.all(Array.from({ length: missing + 100 }, () => lanes.send(filler)))
  }

  return {
    name,
    schemasDir,
    contracts,
    kafka,
    prefix,
    reader,
    store,
    s3: s3.settings,

    async send(topic, partition, records) {
      await raiseRaw(partition, records)
      await using lanes = openLanes(kafka, { topic }, { log: silent })
      const sent = records.map(({ value, headers }) =>
        lanes.send({
          partition,
          key: Buffer.from('k'),
          value: value === null ? Buffer.alloc(0) : Buffer.from(value),
          headers
        })
      )
      return (await Promise.all(sent))[0]?.offset ?? -1n
    },

    env: (change = {}) => ({
      KAFKA_BROKERS: broker.settings.brokers.join(','),
      SCHEMAS_DIR: schemasDir,
      S3_ENDPOINT: endpoint,
      S3_REGION: region,
      S3_BUCKET: bucket,
      LAKE_PREFIX: prefix,
      GROUP_ID: name,
      SPOOL_DIR: join(dir, 'spool'),
      FLUSH_MS: '200',
      LOG_LEVEL: 'debug',
      ...change
    }),

    async rows(table) {
      if ((await reader.readSnapshot(table)) === null) return []
      return reader.queryTables(`SELECT * FROM ${table} ORDER BY kafka_partition, kafka_offset`, { tables: [table] })
    },

    async [Symbol.asyncDispose]() {
      await reader[Symbol.asyncDispose]()
      store.close()
      await rm(dir, { recursive: true, force: true })
    }
  }
}

/** A record of the enriched topic, as the enricher writes it. */
export function reading(serial: number, change: Partial<Readonly<Record<string, unknown>>> = {}): TestRecord {
  const minute = String(serial % 60).padStart(2, '0')
  const event = {
    specversion: '1.0',
    id: `reading-${serial}`,
    source: 'urn:test',
    type: 'reading.taken.v1',
    time: `2013-09-0${1 + (serial % 2)}T05:${minute}:00.123456Z`,
    receivedtime: new Date().toISOString(),
    sourceid: 'test',
    dataschema: 'urn:sluice:reading.taken.enriched:1.1',
    data: { sensor: 'é🛫', serial: String(9007199254740993n + BigInt(serial)), value: serial / 7 },
    ...change
  }
  return { value: JSON.stringify(event), headers: enrichedHeaders('reading.taken.v1', '1.1', serial) }
}

export function door(serial: number): TestRecord {
  const { value } = reading(serial, { type: 'door.opened.v1', id: `door-${serial}`, data: { door: 'front' } })
  return { value, headers: enrichedHeaders('door.opened.v1', '1.0', serial) }
}

export function enrichedHeaders(type: string, version: string, origin: number): Record<string, string> {
  return {
    [header.contentType]: 'application/cloudevents+json',
    [header.eventType]: type,
    [header.contractVersion]: version,
    [header.originOffset]: String(origin),
    [header.identity]: `identity-${origin}`
  }
}

/** A record of the dead-letter topic. */
export function deadLetter(origin: number, reason: string, value: string | null = '{"broken"'): TestRecord {
  const isRepeat = reason === 'repeat'
  return {
    value: isRepeat ? null : value,
    headers: {
      'content-type': 'application/cloudevents+json',
      [header.dlqReason]: reason,
      [header.dlqPointer]: '/data/é',
      [header.dlqMessage]: 'value: expected something else',
      [header.dlqOriginTopic]: 'events.raw',
      [header.dlqOriginPartition]: '0',
      [header.dlqOriginOffset]: String(origin),
      [header.dlqService]: 'enricher',
      [header.dlqServiceVersion]: '0.1.0',
      [header.dlqTime]: '2026-11-24T06:00:00.000Z',
      ...(isRepeat && { [header.dlqFirstPartition]: '0', [header.dlqFirstOffset]: '3' })
    }
  }
}

export const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }

function nothing(): void {
  // a log that nobody reads
}
