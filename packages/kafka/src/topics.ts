import type { Log } from '@sluice/events'
import type { Topics } from '@sluice/contracts'
import type { Kafka } from './client.ts'

/** The `topics` job. */
export async function ensureTopics(
  _kafka: Kafka,
  _topics: Topics,
  _deps: { readonly log: Log; readonly newId: () => string }
): Promise<void> {
  throw new Error('not there yet')
}

/** Incarnation id by topic name. */
export async function checkTopics(_kafka: Kafka, _topics: Topics): Promise<ReadonlyMap<string, string>> {
  throw new Error('not there yet')
}
