import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadContracts, type Topics } from '@sluice/contracts'
import { ensureTopics, type Kafka, openKafka, readRange } from '@sluice/kafka'
import { runForTest, type RunningForTest } from '@sluice/service/testing'
import { uniqueName, waitFor } from '@sluice/testkit'
import { collector } from '../../service.ts'
import { bearer, rememberingLog, schemasDir, type TestEvent, writeKeys } from './fixtures.ts'

/* The service itself on a real broker, in topics of its own. */

export interface TestTopics {
  readonly schemasDir: string
  readonly topics: Topics
  readonly kafka: Kafka
  readonly brokers: readonly string[]
  /** Every event of the raw topic by its place, `partition@offset`. */
  readAll(): Promise<Map<string, TestEvent>>
}

/** The contracts of the repository with topics that no other test uses; `create` makes them. */
export async function testTopics(brokers: readonly string[], { create = true } = {}): Promise<TestTopics> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-schemas-'))
  await cp(schemasDir, dir, { recursive: true })
  const prefix = uniqueName('collector')
  const yaml = await readFile(join(dir, 'topics.yaml'), 'utf8')
  await writeFile(join(dir, 'topics.yaml'), yaml.replaceAll(/^  name: /gm, `$&${prefix}.`))
  const { topics } = await loadContracts(dir)
  const kafka = openKafka({ brokers, clientId: 'test', tls: null, sasl: null }, { log: rememberingLog() })
  if (create) await ensureTopics(kafka, topics, { log: rememberingLog(), newId: () => prefix })
  return { schemasDir: dir, topics, kafka, brokers, readAll: () => readAll(kafka, topics) }
}

async function readAll(kafka: Kafka, { raw }: Topics): Promise<Map<string, TestEvent>> {
  const events = new Map<string, TestEvent>()
  for (let partition = 0; partition < raw.partitions; partition++) {
    for await (const { offset, value } of readRange(kafka, { topic: raw.name, partition })) {
      events.set(`${partition}@${offset}`, JSON.parse(value?.toString() ?? 'null') as TestEvent)
    }
  }
  return events
}

export interface RunningCollector extends AsyncDisposable {
  readonly service: RunningForTest
  readonly url: string
  readonly grpcPort: number
  post(events: readonly TestEvent[]): Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly ms: number
  readonly retryAfter: string | null
  readonly code?: string
  readonly results: readonly {
    readonly id: string
    readonly status: number
    readonly partition?: number
    readonly offset?: string
  }[]
}

/** The environment of a collector on these topics, on free ports. */
export function collectorEnv({ brokers, schemasDir }: TestTopics): Record<string, string> {
  return {
    KAFKA_BROKERS: brokers.join(','),
    SCHEMAS_DIR: schemasDir,
    API_KEYS_FILE: writeKeys(),
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: '0',
    GRPC_PORT: '0'
  }
}

/** Starts a collector and comes back when it listens; `ready` waits until it takes events. */
export async function runCollector(topics: TestTopics, { ready = true } = {}): Promise<RunningCollector> {
  const service = await runForTest(collector, collectorEnv(topics))
  await using starting = new AsyncDisposableStack()
  starting.use(service)
  const { httpPort, grpcPort } = await waitFor(
    'the collector to listen',
    () => service.lines.find(({ msg }) => msg === 'listening'),
    { timeoutMs: 20_000 }
  )
  const isReady = async () => (await service.readyz()).ready
  if (ready) await waitFor('the collector to be ready', isReady, { timeoutMs: 20_000 })
  const url = `http://127.0.0.1:${String(httpPort)}`
  const running = starting.move()
  return {
    service,
    url,
    grpcPort: Number(grpcPort),
    post: (events) => postTo(url, events),
    [Symbol.asyncDispose]: () => running.disposeAsync()
  }
}

/** Sends a batch and measures how long the answer takes. */
export async function postTo(url: string, events: readonly TestEvent[]): Promise<Answer> {
  const beganMs = performance.now()
  const response = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { authorization: bearer(), 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(events)
  })
  const body = (await response.json()) as Pick<Answer, 'code' | 'results'>
  const ms = performance.now() - beganMs
  const retryAfter = response.headers.get('retry-after')
  return { status: response.status, ms, retryAfter, results: body.results ?? [], ...(body.code && { code: body.code }) }
}
