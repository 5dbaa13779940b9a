import type { KafkaRecord } from '@sluice/events'
import type { Kafka } from './client.ts'
import { openPartitionReader } from './partition-reader.ts'
import type { TopicPartition } from './types.ts'

/** Plain read_committed read of [from, to), without a group; by default all that is there now. */
export async function* readRange(
  kafka: Kafka,
  range: TopicPartition & { readonly from?: bigint; readonly to?: bigint }
): AsyncGenerator<KafkaRecord> {
  const reader = openPartitionReader(kafka, range)
  try {
    const { start, end } = await reader.range()
    const to = range.to !== undefined && range.to < end ? range.to : end
    for (let position = range.from ?? start; position < to;) {
      const { records, next } = await reader.fetch(position)
      for (const record of records) if (record.offset < to) yield record
      position = next
    }
  } finally {
    reader.close()
  }
}
