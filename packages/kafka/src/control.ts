import type { TopicSpec } from '@sluice/contracts'
import type { Kafka } from './client.ts'

/** The newest value of every key. */
export async function readControl(_kafka: Kafka, _control: TopicSpec): Promise<Map<string, Buffer>> {
  throw new Error('not there yet')
}

/** Resolves when durable. */
export async function writeControl(_kafka: Kafka, _control: TopicSpec, _key: string, _value: string): Promise<void> {
  throw new Error('not there yet')
}

/** Calls onRecord for every record from the start of the topic on, until the signal says stop. */
export async function followControl(
  _kafka: Kafka,
  _control: TopicSpec,
  _onRecord: (key: string, value: Buffer | null) => void,
  _options: { readonly signal: AbortSignal }
): Promise<void> {
  throw new Error('not there yet')
}
