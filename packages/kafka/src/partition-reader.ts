import { listRanges, unavailable } from './admin.ts'
import type { Client, Kafka } from './client.ts'
import { OutOfRangeError } from './errors.ts'
import { fetchPartition, outOfRangeCode } from './fetch.ts'
import { keepConnection } from './keep-connection.ts'
import type { Broker } from './kafkajs.ts'
import { decodeBatches, type DecodedBatches } from './record-batch.ts'
import type { LogRange, TopicPartition } from './types.ts'

export interface Fetched extends DecodedBatches {
  /** End of the log, undecided transactions included. */
  readonly highWatermark: bigint
  /** Everything below is decided: as far as we can read now. */
  readonly lastStableOffset: bigint
  readonly logStartOffset: bigint
}

/**
 * Reads one partition from a position that the caller keeps: read_committed, no group, no default position. Connects
 * on first use; after any trouble the connection is thrown away and made anew on the next call. One call at a time.
 */
export interface PartitionReader {
  /**
   * Waits up to `waitMs`, by default maxWaitMs, for something at `position`. Throws OutOfRangeError (the position is not
   * in the log) or UnavailableError (trouble with the broker, or a batch that we cannot decompress).
   */
  fetch(position: bigint, waitMs?: number): Promise<Fetched>
  /** Where the log starts and, for a read_committed reader, ends. */
  range(): Promise<LogRange>
  /** Cuts the connection; a fetch under way rejects with UnavailableError. */
  close(): void
}

export interface ReaderOptions extends TopicPartition {
  /** Bytes asked for in one fetch, as they lie in the log; a larger batch comes alone. Default 256 KiB. */
  readonly maxBytes?: number
  /** Default 2500. */
  readonly maxWaitMs?: number
  /** Closes the reader. */
  readonly signal?: AbortSignal
}

export function openPartitionReader(kafka: Kafka, options: ReaderOptions): PartitionReader {
  const { topic, partition, maxBytes = 256 * 1024, maxWaitMs = 2_500, signal } = options
  const connection = keepConnection(kafka, `reading ${topic}/${partition}`, (client) => findLeader(client, options))
  signal?.addEventListener('abort', close)
  if (signal?.aborted) close()

  function close(): void {
    signal?.removeEventListener('abort', close)
    connection.close()
  }

  return {
    async fetch(position, waitMs = maxWaitMs) {
      const answer = await connection.use((leader) =>
        fetchPartition(leader, { topic, partition, offset: position, maxBytes, maxWaitMs: waitMs })
      )
      if (answer.errorCode === outOfRangeCode) {
        throw new OutOfRangeError(options, position, await connection.use((leader) => logRange(leader, options)))
      }
      const { highWatermark, lastStableOffset, logStartOffset } = answer
      try {
        const decoded = decodeBatches(answer.batches, { topic, partition, position }, answer.aborted)
        return { ...decoded, highWatermark, lastStableOffset, logStartOffset }
      } catch (cause) {
        throw unavailable(`reading ${topic}/${partition}`, cause)
      }
    },
    range: () => connection.use((leader) => logRange(leader, options)),
    close
  }
}

async function findLeader(client: Client, { topic, partition }: TopicPartition): Promise<Broker> {
  const cluster = client.cluster()
  await cluster.connect()
  await cluster.addTargetTopic(topic)
  const found = cluster.findTopicPartitionMetadata(topic).find(({ partitionId }) => partitionId === partition)
  if (!found) throw new Error(`${topic} has no partition ${partition}`)
  return cluster.findBroker({ nodeId: String(found.leader) })
}

async function logRange(leader: Broker, { topic, partition }: TopicPartition): Promise<LogRange> {
  return (await listRanges(leader, topic, [partition])).get(partition)!
}
