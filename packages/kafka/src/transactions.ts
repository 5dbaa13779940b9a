import { crashPoint } from '@sluice/events'
import { unavailable } from './admin.ts'
import type { Kafka } from './client.ts'
import { CompressionTypes, type Transaction } from './kafkajs.ts'
import type { OutputRecord } from './output-records.ts'
import { within } from './pause.ts'
import { countForOneSend } from './send-bounds.ts'

/** One transaction: outputs into one partition of each topic, and the input position that goes with them. */
export interface Step {
  readonly partition: number
  readonly outputs: readonly { readonly topic: string; readonly records: readonly OutputRecord[] }[]
  readonly group: string
  readonly input: string
  /** Next input offset to read. */
  readonly next: bigint
}

/**
 * The right to write outputs under a transactional id. Whoever got it last has it alone. After any error it is spent:
 * close it and get another.
 */
export interface Transactions {
  commit(step: Step): Promise<void>
  close(): void
}

/** kafkajs retries within; a broker that takes connections and answers nothing would hold a lane for minutes. */
const timeoutMs = 20_000

/** An owner that was killed holds up the readers of its outputs for so long, unless the next one takes over before. */
const transactionTimeoutMs = 15_000

/** Fences every earlier owner of the id and ends what it left open. Throws UnavailableError. */
export async function openTransactions(kafka: Kafka, transactionalId: string): Promise<Transactions> {
  const client = kafka.client()
  const producer = client.producer({ transactionalId, transactionTimeout: transactionTimeoutMs })

  async function fence(): Promise<void> {
    await producer.connect()
    // connect() does not fence: only the first transaction() sends the InitProducerId of the transactional id. Aborted
    // while it is empty, it sends nothing else.
    await (await producer.transaction()).abort()
    crashPoint('lane-fenced')
  }

  async function commit(step: Step): Promise<void> {
    const transaction = await producer.transaction()
    await sendOutputs(transaction, step)
    crashPoint('outputs-sent')
    const offsets = { partition: step.partition, offset: step.next.toString() }
    // Not first: right after a commit, only what a send has begun waits for the commit to be over.
    await transaction.sendOffsets({
      consumerGroupId: step.group,
      topics: [{ topic: step.input, partitions: [offsets] }]
    })
    crashPoint('offsets-sent')
    await transaction.commit()
    crashPoint('transaction-committed')
  }

  try {
    await within(timeoutMs, fence())
  } catch (cause) {
    client.close()
    throw unavailable(`taking over ${transactionalId}`, cause)
  }
  return {
    async commit(step) {
      try {
        await within(timeoutMs, commit(step))
      } catch (cause) {
        throw unavailable(`the transaction of ${transactionalId}`, cause)
      }
    },
    close: () => client.close()
  }
}

/** All topics in one request where that is possible; several where one of them holds more than a send may. */
async function sendOutputs(transaction: Transaction, { outputs, partition }: Step): Promise<void> {
  const left = outputs.map(({ topic, records }) => ({ topic, records, at: 0 }))
  for (;;) {
    const topicMessages = left
      .filter(({ records, at }) => at < records.length)
      .map((output) => {
        const from = output.at
        output.at += countForOneSend(output.records, from)
        const messages = output.records
          .slice(from, output.at)
          .map(({ key, value, headers }) => ({ partition, key, value, headers }))
        return { topic: output.topic, messages }
      })
    if (topicMessages.length === 0) return
    await transaction.sendBatch({ acks: -1, compression: CompressionTypes.ZSTD, topicMessages })
  }
}
