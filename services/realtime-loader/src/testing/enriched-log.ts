import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadContracts, partitionOf, type Contracts } from '@sluice/contracts'
import { cloudEventsContentType, header } from '@sluice/events'
import { ensureTopics, openKafka, openLanes, type Kafka, type Lanes } from '@sluice/kafka'
import { sharedBacking, uniqueName } from '@sluice/testkit'

/* An enriched topic of the test's own, with an enricher's records in it. */

const repository = join(import.meta.dirname, '../../../..')
const log = { debug() {}, info() {}, warn() {}, error() {} }

export interface TestEvent {
  readonly type: string
  readonly key: string
  readonly time: string
  readonly data: object
}

export interface EnrichedLog extends AsyncDisposable {
  readonly contracts: Contracts
  readonly kafka: Kafka
  /** What a loader needs to find the topic. */
  readonly env: Readonly<Record<string, string>>
  readonly incarnation: string
  /** Writes as the enricher does, every record with the next origin of its partition. `headers` win over the usual ones. */
  write(event: TestEvent, headers?: Readonly<Record<string, string>>): Promise<{ partition: number; offset: bigint }>
  /** Writes anything. */
  writeRaw(partition: number, key: string, value: Buffer, headers: Readonly<Record<string, string>>): Promise<unknown>
  /** The schemas folder of another log of the same names, which only `incarnation` tells apart from this one. */
  readonly schemasDir: string
}

export async function createEnrichedLog(): Promise<EnrichedLog> {
  const { brokers } = (await sharedBacking()).kafka.settings
  const schemasDir = await mkdtemp(join(tmpdir(), 'sluice-realtime-'))
  await cp(join(repository, 'schemas'), schemasDir, { recursive: true })
  const prefix = uniqueName('rt')
  const yaml = await readFile(join(schemasDir, 'topics.yaml'), 'utf8')
  await writeFile(join(schemasDir, 'topics.yaml'), yaml.replaceAll(/^  name: /gm, `$&${prefix}.`))
  const contracts = await loadContracts(schemasDir)
  const { enriched } = contracts.topics
  const kafka = openKafka({ brokers, clientId: 'test', tls: null, sasl: null }, { log })
  await ensureTopics(kafka, contracts.topics, { log, newId: () => prefix })
  const lanes: Lanes = openLanes(kafka, { topic: enriched }, { log })
  const rawLanes: Lanes = openLanes(kafka, { topic: contracts.topics.raw }, { log })
  const origins = new Map<number, number>()
  const raised = new Map<number, number>()
  let filling: Promise<unknown> = Promise.resolve()

  /** Origins are offsets of the raw topic: it has to reach them first. */
  async function raiseRaw(partition: number, origin: number): Promise<void> {
    while (origin >= (raised.get(partition) ?? 0)) {
      const from = raised.get(partition) ?? 0
      raised.set(partition, from + 1_000)
      const filler = { partition, key: null, value: Buffer.alloc(0), headers: {} }
      filling = Promise.all([filling, ...Array.from({ length: 1_000 }, () => rawLanes.send(filler))])
    }
    await filling
  }

  async function write({ type, key, time, data }: TestEvent, headers: Readonly<Record<string, string>> = {}) {
    const partition = partitionOf(key, enriched.partitions)
    const origin = (origins.get(partition) ?? -1) + 2
    origins.set(partition, origin)
    await raiseRaw(partition, origin)
    const event = {
      specversion: '1.0',
      id: `${key}:${type}`,
      source: 'urn:test',
      type,
      time,
      receivedtime: new Date().toISOString(),
      data
    }
    const usual = {
      [header.contentType]: cloudEventsContentType,
      [header.eventType]: type,
      [header.contractVersion]: contracts.byType(type)?.version ?? '1.0',
      [header.originOffset]: String(origin)
    }
    const value = Buffer.from(JSON.stringify(event))
    return lanes.send({ partition, key: Buffer.from(key), value, headers: { ...usual, ...headers } })
  }

  return {
    contracts,
    kafka,
    env: { KAFKA_BROKERS: brokers.join(','), SCHEMAS_DIR: schemasDir, GROUP_ID: prefix },
    incarnation: prefix,
    schemasDir,
    write,
    writeRaw: (partition, key, value, headers) => lanes.send({ partition, key: Buffer.from(key), value, headers }),
    async [Symbol.asyncDispose]() {
      await lanes[Symbol.asyncDispose]()
      await rawLanes[Symbol.asyncDispose]()
      await rm(schemasDir, { recursive: true })
    }
  }
}
