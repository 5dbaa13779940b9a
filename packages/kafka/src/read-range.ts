import type { KafkaRecord } from '@sluice/events'
import type { Kafka } from './client.ts'

/** Plain read_committed read of [from, to), without a group; by default all that is there now. */
export function readRange(
  _kafka: Kafka,
  _range: { readonly topic: string; readonly partition: number; readonly from?: bigint; readonly to?: bigint }
): AsyncIterable<KafkaRecord> {
  throw new Error('not there yet')
}
