import { uniqueName, sharedBacking } from '@sluice/testkit'
import type { KafkaRecord, Log } from '@sluice/events'
import type { Topics, TopicSpec } from '@sluice/contracts'
import { withCluster } from './admin.ts'
import { openKafka, type Kafka } from './client.ts'
import { CompressionTypes } from './kafkajs.ts'
import { readRange } from './read-range.ts'

/* What the tests of this package share: a real broker, topics of their own, records written by someone else. */

export const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }

function nothing(): void {
  // a log that nobody reads
}

/** The broker that all tests share. */
export async function openShared(): Promise<Kafka> {
  const { settings } = (await sharedBacking()).kafka
  return openAt(settings.brokers)
}

export function openAt(brokers: readonly string[], clientId = 'test'): Kafka {
  return openKafka({ brokers, clientId, tls: null, sasl: null }, { log: silent })
}

export function specOf(name: string, changes: Partial<TopicSpec> = {}): TopicSpec {
  return {
    name,
    partitions: 3,
    replication: 1,
    cleanupPolicy: 'delete',
    retentionMs: 604_800_000,
    retentionBytes: -1,
    maxMessageBytes: 2_097_152,
    timestampType: 'LogAppendTime',
    ...changes
  }
}

/** Names of four topics that no other test uses. */
export function topicsOf(changes: Partial<TopicSpec> = {}): Topics {
  const prefix = uniqueName('t')
  return {
    raw: specOf(`${prefix}.raw`, { maxMessageBytes: 1_048_576, ...changes }),
    enriched: specOf(`${prefix}.enriched`, changes),
    dlq: specOf(`${prefix}.dlq`, changes),
    control: specOf(`${prefix}.control`, { partitions: 1, cleanupPolicy: 'compact' })
  }
}

export interface Message {
  readonly key?: string | Buffer | null
  readonly value: string | Buffer | null
  readonly headers?: Record<string, string | Buffer | (string | Buffer)[]>
}

/** Writes as a stranger would, in one batch; with an id, as one transaction that ends as told. */
export async function write(
  kafka: Kafka,
  { topic, partition }: { readonly topic: string; readonly partition: number },
  messages: readonly Message[],
  options: {
    readonly transactionalId?: string
    readonly abort?: boolean
    readonly compression?: (typeof CompressionTypes)[keyof typeof CompressionTypes]
  } = {}
): Promise<void> {
  const client = kafka.client()
  const { transactionalId, compression = CompressionTypes.ZSTD } = options
  const producer = client.producer(transactionalId ? { transactionalId } : {})
  await producer.connect()
  const batch = { topic, acks: -1, compression, messages: messages.map((message) => ({ partition, ...message })) }
  if (transactionalId) {
    const transaction = await producer.transaction()
    await transaction.send(batch)
    await (options.abort ? transaction.abort() : transaction.commit())
  } else {
    await producer.send(batch)
  }
  client.close()
}

export async function readAll(kafka: Kafka, topic: string, partition: number): Promise<KafkaRecord[]> {
  return Array.fromAsync(readRange(kafka, { topic, partition }))
}

/** Removes the records below an offset, as retention would. */
export async function deleteBelow(kafka: Kafka, topic: string, partition: number, offset: bigint): Promise<void> {
  const client = kafka.client()
  const admin = client.admin()
  await admin.connect()
  await admin.fetchTopicMetadata({ topics: [topic] })
  await admin.fetchTopicOffsets(topic)
  await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: offset.toString() }] })
  client.close()
}

/** Commits an offset as an operator would. */
export async function commitOffset(
  kafka: Kafka,
  groupId: string,
  topic: string,
  partition: number,
  offset: bigint
): Promise<void> {
  await withCluster(kafka, 'committing', async (cluster) => {
    const coordinator = await cluster.findGroupCoordinator({ groupId })
    const topics = [{ topic, partitions: [{ partition, offset: offset.toString() }] }]
    await coordinator.offsetCommit({ groupId, groupGenerationId: -1, memberId: '', topics })
  })
}
