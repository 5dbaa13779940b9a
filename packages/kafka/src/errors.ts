import { RefusedError, UnavailableError } from '@sluice/events'
import { formatGap } from './gap.ts'
import type { Gap, LogRange, TopicPartition } from './types.ts'

/** The lane holds as much as it may: back-pressure, not an outage. */
export class LaneFullError extends UnavailableError {
  constructor(partition: number, bytes: number) {
    super('kafka', `lane ${partition} is full: ${bytes} bytes wait for the broker`)
  }
}

/** The record is larger than its topic takes. Only this record is refused. */
export class RecordTooLargeError extends Error {
  override readonly name = 'RecordTooLargeError'

  constructor(topic: string, bytes: number, limit: number) {
    super(`a record of ${bytes} bytes is too large for ${topic}, which takes ${limit}`)
  }
}

/** A position that is not in the log: what lies between is lost to this reader, or the log is not the one it knew. */
export class OutOfRangeError extends RefusedError {
  /** What was deleted unread; null: the log ends before the position. */
  readonly gap: Gap | null

  constructor({ topic, partition }: TopicPartition, position: bigint, { start, end }: LogRange) {
    const gap = position < start ? { topic, partition, from: position, to: start - 1n } : null
    const log = `the log starts at ${start} and ends at ${end}`
    super([
      gap === null
        ? `${topic}/${partition}: position ${position} is not in the log, which was cut off or is another one: ${log}`
        : `${topic}/${partition}: ${start - position} records are lost, from offset ${gap.from} to ${gap.to}: ${log}; ` +
          `to go on without them, once, set ACCEPT_GAP=${formatGap(gap)}`
    ])
    this.gap = gap
  }
}
