import { UnavailableError } from '@sluice/events'
import { listOffset, unavailable } from './admin.ts'
import type { Client, Kafka } from './client.ts'
import { OutOfRangeError } from './errors.ts'
import { fetchPartition, outOfRangeCode } from './fetch.ts'
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
   * Waits up to maxWaitMs for something at `position`. Throws OutOfRangeError (the position is not in the log) or
   * UnavailableError (trouble with the broker, or a batch that we cannot decompress).
   */
  fetch(position: bigint): Promise<Fetched>
  /** Where the log starts and, for a read_committed reader, ends. */
  range(): Promise<LogRange>
  /** Cuts the connection; a fetch under way rejects with UnavailableError. */
  close(): void
}

export interface ReaderOptions extends TopicPartition {
  /** Bytes asked for in one fetch, as they lie in the log; a larger batch comes alone. Default 256 KiB. */
  readonly maxBytes?: number
  /** Default 1000. */
  readonly maxWaitMs?: number
  /** Closes the reader. */
  readonly signal?: AbortSignal
}

interface Connection {
  readonly client: Client
  readonly leader: Promise<Broker>
}

export function openPartitionReader(kafka: Kafka, options: ReaderOptions): PartitionReader {
  const { topic, partition, maxBytes = 256 * 1024, maxWaitMs = 1_000, signal } = options
  let connection: Connection | null = null
  let cut: ((reason: Error) => void) | null = null
  let closed = false
  signal?.addEventListener('abort', close)
  if (signal?.aborted) close()

  async function onLeader<T>(use: (leader: Broker) => Promise<T>): Promise<T> {
    if (closed) throw closedError()
    const mine = (connection ??= connect(kafka, options))
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    cut = reject
    mine.leader.then(use).then(resolve, reject)
    try {
      return await promise
    } catch (cause) {
      mine.client.close()
      if (connection === mine) connection = null
      throw unavailable(`reading ${topic}/${partition}`, cause)
    }
  }

  /** kafkajs goes on trying for a while on a connection that was cut; whoever waits here does not. */
  function close(): void {
    closed = true
    signal?.removeEventListener('abort', close)
    connection?.client.close()
    connection = null
    cut?.(closedError())
  }

  function closedError(): UnavailableError {
    return new UnavailableError('kafka', `the reader of ${topic}/${partition} was closed`)
  }

  return {
    async fetch(position) {
      const answer = await onLeader((leader) =>
        fetchPartition(leader, { topic, partition, offset: position, maxBytes, maxWaitMs })
      )
      if (answer.errorCode === outOfRangeCode) {
        throw new OutOfRangeError(options, position, await onLeader((leader) => logRange(leader, options)))
      }
      const { highWatermark, lastStableOffset, logStartOffset } = answer
      try {
        const decoded = decodeBatches(answer.batches, { topic, partition, position }, answer.aborted)
        return { ...decoded, highWatermark, lastStableOffset, logStartOffset }
      } catch (cause) {
        throw unavailable(`reading ${topic}/${partition}`, cause)
      }
    },
    range: () => onLeader((leader) => logRange(leader, options)),
    close
  }
}

function connect(kafka: Kafka, { topic, partition }: TopicPartition): Connection {
  const client = kafka.client()
  const cluster = client.cluster()
  return {
    client,
    leader: (async () => {
      await cluster.connect()
      await cluster.addTargetTopic(topic)
      const found = cluster.findTopicPartitionMetadata(topic).find(({ partitionId }) => partitionId === partition)
      if (!found) throw new Error(`${topic} has no partition ${partition}`)
      return cluster.findBroker({ nodeId: String(found.leader) })
    })()
  }
}

async function logRange(leader: Broker, at: TopicPartition): Promise<LogRange> {
  return { start: await listOffset(leader, at, 'earliest'), end: await listOffset(leader, at, 'latest') }
}
