import { UnavailableError } from '@sluice/events'

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
