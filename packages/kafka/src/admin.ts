import { UnavailableError } from '@sluice/events'
import type { Kafka } from './client.ts'
import type { Broker, Cluster } from './kafkajs.ts'
import type { LogRange } from './types.ts'

/** What stands for a moment in a request for offsets: the first that is kept; the one after the last decided one. */
const earliest = '-2'
const latest = '-1'

/** Start and read_committed end of each partition's log, by partition number. Throws UnavailableError. */
export async function endOffsets(kafka: Kafka, topic: string): Promise<ReadonlyMap<number, LogRange>> {
  return withCluster(kafka, `asking for the ends of ${topic}`, (cluster) => rangesOf(cluster, topic))
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

/** Start and read_committed end of partitions that one broker leads. Two requests, whatever their number. */
export async function listRanges(
  leader: Broker,
  topic: string,
  partitions: readonly number[]
): Promise<ReadonlyMap<number, LogRange>> {
  const ask = (timestamp: string) =>
    leader.listOffsets({
      replicaId: -1,
      isolationLevel: 1,
      topics: [{ topic, partitions: partitions.map((partition) => ({ partition, timestamp })) }]
    })
  const answers = await Promise.all([ask(earliest), ask(latest)])
  const [starts, ends] = answers.map(
    ({ responses }) => new Map(responses[0]?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]))
  )
  return new Map(
    partitions.map((partition) => {
      const [start, end] = [starts?.get(partition), ends?.get(partition)]
      if (start === undefined || end === undefined) throw new Error(`no offset of ${topic}/${partition} in the answer`)
      return [partition, { start, end }]
    })
  )
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

/** What the topic holds, by partition in their order. */
export async function rangesOf(cluster: Cluster, topic: string): Promise<ReadonlyMap<number, LogRange>> {
  await cluster.addTargetTopic(topic)
  const partitions = cluster.findTopicPartitionMetadata(topic).toSorted((a, b) => a.partitionId - b.partitionId)
  const byLeader = Map.groupBy(partitions, ({ leader }) => leader)
  const found = await Promise.all(
    [...byLeader].map(async ([leader, led]) => {
      const broker = await cluster.findBroker({ nodeId: String(leader) })
      return listRanges(
        broker,
        topic,
        led.map(({ partitionId }) => partitionId)
      )
    })
  )
  return new Map(found.flatMap((ranges) => [...ranges]).toSorted(([a], [b]) => a - b))
}
