import type { Kafka } from './client.ts'
import type { GroupLag, LogRange } from './types.ts'

/** Start and end of each partition's log, by partition number. */
export async function endOffsets(_kafka: Kafka, _topic: string): Promise<ReadonlyMap<number, LogRange>> {
  throw new Error('not there yet')
}

/** What a group has committed against the ends of the logs. */
export async function groupLag(
  _kafka: Kafka,
  _group: string,
  _topics: readonly string[]
): Promise<readonly GroupLag[]> {
  throw new Error('not there yet')
}
