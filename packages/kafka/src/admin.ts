import { UnavailableError } from '@sluice/events'
import type { Kafka } from './client.ts'
import type { Broker, Cluster } from './kafkajs.ts'
import type { GroupLag, LogRange, TopicPartition } from './types.ts'

/** Start and read_committed end of each partition's log, by partition number. Throws UnavailableError. */
export async function endOffsets(kafka: Kafka, topic: string): Promise<ReadonlyMap<number, LogRange>> {
  return withCluster(kafka, `asking for the ends of ${topic}`, (cluster) => rangesOf(cluster, topic))
}

/**
 * What a group has committed against the ends of the logs, for every partition of the topics. A lag of 1 may be a
 * control record: what a service of ours reports itself is exact.
 */
export async function groupLag(kafka: Kafka, group: string, topics: readonly string[]): Promise<readonly GroupLag[]> {
  return withCluster(kafka, `asking for the lag of ${group}`, async (cluster) => {
    const lags: GroupLag[] = []
    for (const topic of topics) {
      const ranges = await rangesOf(cluster, topic)
      const committed = await fetchCommitted(cluster, group, topic, [...ranges.keys()])
      for (const [partition, { start, end }] of ranges) {
        const position = committed.get(partition) ?? null
        lags.push({ topic, partition, committed: position, end, lag: Number(end - (position ?? start)) })
      }
    }
    return lags
  })
}

/** Committed offsets of a group by partition; a partition without one is left out. */
export async function fetchCommitted(
  cluster: Cluster,
  groupId: string,
  topic: string,
  partitions: readonly number[]
): Promise<ReadonlyMap<number, bigint>> {
  const coordinator = await cluster.findGroupCoordinator({ groupId })
  const wanted = { topic, partitions: partitions.map((partition) => ({ partition })) }
  const { responses } = await coordinator.offsetFetch({ groupId, topics: [wanted] })
  const offsets = responses[0]?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)] as const) ?? []
  return new Map(offsets.filter(([, offset]) => offset >= 0n))
}

/** First offset, or the one after the last decided record. */
export async function listOffset(broker: Broker, at: TopicPartition, which: 'earliest' | 'latest'): Promise<bigint> {
  const { responses } = await broker.listOffsets({
    replicaId: -1,
    isolationLevel: 1,
    topics: [
      { topic: at.topic, partitions: [{ partition: at.partition, timestamp: which === 'earliest' ? '-2' : '-1' }] }
    ]
  })
  const offset = responses[0]?.partitions[0]?.offset
  if (offset === undefined) throw new Error(`no offset of ${at.topic}/${at.partition} in the answer`)
  return BigInt(offset)
}

/** Runs something on a cluster of its own; whatever goes wrong is an UnavailableError that says at what. */
export async function withCluster<T>(kafka: Kafka, doing: string, use: (cluster: Cluster) => Promise<T>): Promise<T> {
  const client = kafka.client()
  try {
    const cluster = client.cluster()
    await cluster.connect()
    await cluster.refreshMetadata()
    return await use(cluster)
  } catch (cause) {
    throw unavailable(doing, cause)
  } finally {
    client.close()
  }
}

/** What kafkajs throws, in our words: the broker cannot serve us now. */
export function unavailable(doing: string, cause: unknown): UnavailableError {
  if (cause instanceof UnavailableError) return cause
  const { message, type } = cause as { readonly message?: string; readonly type?: string }
  return new UnavailableError('kafka', `${doing}: ${message ?? String(cause)}${type ? ` (${type})` : ''}`, { cause })
}

async function rangesOf(cluster: Cluster, topic: string): Promise<Map<number, LogRange>> {
  await cluster.addTargetTopic(topic)
  const partitions = cluster.findTopicPartitionMetadata(topic).toSorted((a, b) => a.partitionId - b.partitionId)
  const ranges = new Map<number, LogRange>()
  for (const { partitionId: partition, leader } of partitions) {
    const broker = await cluster.findBroker({ nodeId: String(leader) })
    const at = { topic, partition }
    ranges.set(partition, {
      start: await listOffset(broker, at, 'earliest'),
      end: await listOffset(broker, at, 'latest')
    })
  }
  return ranges
}
