import type { Log } from '@sluice/events'
import type { Kafka } from './client.ts'
import { RecordTooLargeError } from './errors.ts'
import { openLane } from './lane.ts'
import { isLegalKey, sizeOf } from './send-bounds.ts'
import type { Lanes, LanesOptions, OutgoingRecord } from './types.ts'

/**
 * One lane per partition of the topic: explicit partition, one send in flight, a producer of its own that is thrown
 * away after any rejected send. Any other use of kafkajs' producer loses acknowledged records when answers are lost.
 */
export function openLanes(kafka: Kafka, options: LanesOptions, deps: { readonly log: Log }): Lanes {
  const { topic, lingerMs = 5, maxLaneBytes = 4 * 1024 * 1024 } = options
  const lanes = Array.from({ length: topic.partitions }, (_, partition) =>
    openLane(kafka, { topic: topic.name, partition, lingerMs, maxBytes: maxLaneBytes }, deps)
  )
  return {
    async send(record) {
      const lane = lanes[record.partition]
      if (!lane)
        throw new RangeError(`${topic.name} has ${topic.partitions} partitions, not one numbered ${record.partition}`)
      checkRecord(record)
      const bytes = sizeOf(record)
      if (bytes > topic.maxMessageBytes) throw new RecordTooLargeError(topic.name, bytes, topic.maxMessageBytes)
      return { partition: record.partition, offset: await lane.send(record, bytes) }
    },
    problem() {
      const problems = lanes.map((lane) => lane.problem()).filter((problem) => problem !== null)
      return problems.length === 0 ? null : problems.join('; ')
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(lanes.map((lane) => lane.close()))
    }
  }
}

/** What kafkajs would notice only when the whole batch is lost. */
function checkRecord({ key, headers }: OutgoingRecord): void {
  if (!isLegalKey(key)) throw new TypeError('a key of four zero bytes reads as an abort marker')
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') throw new TypeError(`header ${name} must be a string, not ${typeof value}`)
  }
}
