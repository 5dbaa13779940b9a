import { setTimeout as sleep } from 'node:timers/promises'
import { crashPoint, UnavailableError, type Log } from '@sluice/events'
import { unavailable } from './admin.ts'
import type { Client, Kafka } from './client.ts'
import { LaneFullError } from './errors.ts'
import { CompressionTypes, type Producer } from './kafkajs.ts'
import { backOffMs, pause, within } from './pause.ts'
import { countForOneSend } from './send-bounds.ts'
import type { OutgoingRecord, TopicPartition } from './types.ts'

export interface Lane {
  /** Offset of the record, once it is durable. */
  send(record: OutgoingRecord, bytes: number): Promise<bigint>
  problem(): string | null
  /** Sends what is queued, within 5 s; rejects the rest. */
  close(): Promise<void>
}

export interface LaneOptions extends TopicPartition {
  readonly lingerMs: number
  readonly maxBytes: number
}

interface Job {
  readonly record: OutgoingRecord
  readonly bytes: number
  resolve(offset: bigint): void
  reject(error: Error): void
}

interface Connection {
  readonly client: Client
  readonly producer: Promise<Producer>
}

/** kafkajs retries within a send; a broker that takes connections and answers nothing would hold it for minutes. */
const sendTimeoutMs = 15_000
const closeTimeoutMs = 5_000

/** All that is sent into one partition: in order, one send at a time. */
export function openLane(kafka: Kafka, options: LaneOptions, { log }: { readonly log: Log }): Lane {
  const { topic, partition, lingerMs, maxBytes } = options
  const lane = `${topic}/${partition}`
  const closing = new AbortController()
  const queue: Job[] = []
  let heldBytes = 0
  let connection: Connection | null = null
  let pumping: Promise<void> | null = null
  let failure: UnavailableError | null = null

  connected().catch((error) => fail(error, []))

  function connected(): Promise<Producer> {
    connection ??= connect(kafka)
    return connection.producer
  }

  async function pump(): Promise<void> {
    await sleep(lingerMs)
    while (queue.length > 0) {
      const batch = queue.splice(0, countForOneSend(queue))
      try {
        const baseOffset = await within(sendTimeoutMs, sendBatch(batch))
        crashPoint('record-acknowledged')
        for (const [index, job] of batch.entries()) {
          heldBytes -= job.bytes
          job.resolve(baseOffset + BigInt(index))
        }
      } catch (error) {
        fail(error, batch)
      }
    }
    pumping = null
  }

  async function sendBatch(batch: readonly Job[]): Promise<bigint> {
    const producer = await connected()
    const messages = batch.map(({ record: { key, value, headers } }) => ({ partition, key, value, headers }))
    const [answer, ...others] = await producer.send({ topic, acks: -1, compression: CompressionTypes.ZSTD, messages })
    if (!answer?.baseOffset || answer.errorCode !== 0 || others.length > 0)
      throw new Error('no answer for the partition')
    return BigInt(answer.baseOffset)
  }

  /** The records of this batch are in doubt, so the later ones may not overtake them: all are rejected. */
  function fail(cause: unknown, batch: readonly Job[]): void {
    connection?.client.close()
    connection = null
    const error = unavailable(`${lane} is not acknowledged`, cause)
    for (const job of [...batch, ...queue.splice(0)]) {
      heldBytes -= job.bytes
      job.reject(error)
    }
    if (failure || closing.signal.aborted) return
    failure = error
    log.warn({ topic, partition, error: error.message }, 'lane cut off')
    void recover()
  }

  async function recover(): Promise<void> {
    for (let attempt = 1; failure && !closing.signal.aborted; attempt++) {
      await pause(backOffMs(attempt), closing.signal)
      try {
        await connected()
        failure = null
        log.info({ topic, partition }, 'lane is back')
      } catch (error) {
        fail(error, [])
      }
    }
  }

  return {
    async send(record, bytes) {
      if (closing.signal.aborted) throw new UnavailableError('kafka', `${lane} is closed`)
      if (failure) throw failure
      if (heldBytes + bytes > maxBytes) throw new LaneFullError(partition, heldBytes)
      heldBytes += bytes
      const { promise, resolve, reject } = Promise.withResolvers<bigint>()
      queue.push({ record, bytes, resolve, reject })
      pumping ??= pump()
      return promise
    },
    problem: () => failure?.message ?? null,
    async close() {
      closing.abort()
      await Promise.race([pumping, sleep(closeTimeoutMs, undefined, { ref: false })])
      fail(new Error('closed by us'), [])
    }
  }
}

function connect(kafka: Kafka): Connection {
  const client = kafka.client()
  const producer = client.producer()
  return { client, producer: producer.connect().then(() => producer) }
}
