import { UnavailableError } from '@sluice/events'
import type { TopicSpec } from '@sluice/contracts'
import { unavailable } from './admin.ts'
import type { Kafka } from './client.ts'
import { OutOfRangeError } from './errors.ts'
import { CompressionTypes } from './kafkajs.ts'
import { openPartitionReader } from './partition-reader.ts'
import { backOffMs, pause } from './pause.ts'
import { readRange } from './read-range.ts'

/** The control topic is one small compacted partition. */
const partition = 0

/** The newest value of every key. Throws UnavailableError. */
export async function readControl(kafka: Kafka, control: TopicSpec): Promise<Map<string, Buffer>> {
  const values = new Map<string, Buffer>()
  for await (const { key, value } of readRange(kafka, { topic: control.name, partition })) {
    if (key === null) continue
    if (value === null) values.delete(key.toString())
    else values.set(key.toString(), value)
  }
  return values
}

/** Resolves when the record is durable; null deletes the key. Throws UnavailableError: it may or may not be there. */
export async function writeControl(kafka: Kafka, control: TopicSpec, key: string, value: string | null): Promise<void> {
  await writeControls(kafka, control, new Map([[key, value]]))
}

/** Several at once: all of them or none. */
export async function writeControls(
  kafka: Kafka,
  control: TopicSpec,
  values: ReadonlyMap<string, string | null>
): Promise<void> {
  if (values.has('')) throw new Error(`${control.name} is compacted: a record needs a key`)
  if (values.size === 0) return
  const client = kafka.client()
  try {
    const producer = client.producer()
    await producer.connect()
    const messages = [...values].map(([key, value]) => ({ partition, key, value }))
    await producer.send({ topic: control.name, acks: -1, compression: CompressionTypes.ZSTD, messages })
  } catch (cause) {
    throw unavailable(`writing ${[...values.keys()].join(', ')} into ${control.name}`, cause)
  } finally {
    client.close()
  }
}

/**
 * Calls onRecord for every record from the start of the topic on, newest last, until the signal says stop; after an
 * outage it goes on where it was. A value of null means that the key was deleted.
 */
export async function followControl(
  kafka: Kafka,
  control: TopicSpec,
  onRecord: (key: string, value: Buffer | null) => void,
  { signal }: { readonly signal: AbortSignal }
): Promise<void> {
  const reader = openPartitionReader(kafka, { topic: control.name, partition, signal })
  let position: bigint | null = null
  let failures = 0
  while (!signal.aborted) {
    try {
      position ??= (await reader.range()).start
      const { records, next } = await reader.fetch(position)
      for (const { key, value } of records) if (key !== null) onRecord(key.toString(), value)
      position = next
      failures = 0
    } catch (error) {
      if (error instanceof OutOfRangeError) position = null
      else if (!(error instanceof UnavailableError)) throw error
      await pause(backOffMs(++failures), signal)
    }
  }
  reader.close()
}
