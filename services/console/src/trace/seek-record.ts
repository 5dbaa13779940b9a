import type { KafkaRecord } from '@sluice/events'
import { openPartitionReader, OutOfRangeError, type Kafka, type PartitionReader } from '@sluice/kafka'
import { originOf } from '../origin-of.ts'

interface Place {
  readonly topic: string
  readonly partition: number
}

/** Reads the record at an offset; null: it is not in the log, or no data record is there. */
export async function readRecord(
  kafka: Kafka,
  { topic, partition }: Place,
  offset: bigint
): Promise<KafkaRecord | null> {
  return withReader(kafka, { topic, partition }, async (reader) => {
    const { start, end } = await reader.range()
    if (offset < start || offset >= end) return null
    const { records } = await reader.fetch(offset)
    return records.find((record) => record.offset === offset) ?? null
  })
}

/**
 * Finds the output record of a raw offset by bisection: origins rise with offsets, so some twenty small reads do, however
 * long the log. Null: there is none in this topic.
 */
export async function seekOrigin(
  kafka: Kafka,
  role: 'enriched' | 'dlq',
  place: Place,
  origin: bigint
): Promise<KafkaRecord | null> {
  return withReader(kafka, place, async (reader) => {
    let { start: low, end: high } = await reader.range()
    while (low < high) {
      const middle = (low + high) / 2n
      const { records, next } = await reader.fetch(middle)
      const known = records.filter((record) => originOf(role, record) !== null)
      const found = known.find((record) => originOf(role, record) === origin)
      if (found !== undefined) return found
      const [first] = known
      const last = known.at(-1)
      if (first === undefined || last === undefined || originOf(role, first)! > origin) high = middle
      else if (originOf(role, last)! < origin) low = next > middle ? next : middle + 1n
      else return null
    }
    return null
  })
}

/** The first record of [from, to) that `matches`, of `limit` at most. */
export async function scanFor(
  kafka: Kafka,
  place: Place,
  from: bigint,
  to: bigint,
  limit: number,
  matches: (record: KafkaRecord) => boolean
): Promise<KafkaRecord | null> {
  return withReader(kafka, place, async (reader) => {
    let seen = 0
    for (let position = from; position < to && seen < limit;) {
      const { records, next } = await reader.fetch(position)
      const found = records.find((record) => record.offset < to && matches(record))
      if (found !== undefined) return found
      seen += records.length
      if (next === position) return null
      position = next
    }
    return null
  })
}

async function withReader<T>(
  kafka: Kafka,
  place: Place,
  use: (reader: PartitionReader) => Promise<T>
): Promise<T | null> {
  const reader = openPartitionReader(kafka, { ...place, maxBytes: 16_384, maxWaitMs: 200 })
  try {
    return await use(reader)
  } catch (error) {
    if (error instanceof OutOfRangeError) return null
    throw error
  } finally {
    reader.close()
  }
}
