import { bytesOf, MalformedError, readFields, varintOf } from './protobuf.ts'

/** The events of a `PublishRequest`, each still in its own bytes, so that one that is malformed spoils no other. */
export function decodePublishRequest(message: Buffer): readonly Buffer[] {
  return readFields(message)
    .filter(({ number }) => number === 1)
    .map(bytesOf)
}

/** One message of `PublishStream`. */
export interface StreamedEvent {
  readonly event: Buffer
  /** uint64 in decimal digits. */
  readonly sequence: string
}

export function decodePublishStreamRequest(message: Buffer): StreamedEvent {
  let event: Buffer | null = null
  let sequence = 0n
  for (const field of readFields(message)) {
    if (field.number === 1) {
      if (event !== null) throw new MalformedError('there are two events in one message')
      event = bytesOf(field)
    } else if (field.number === 2) sequence = varintOf(field)
  }
  return { event: event ?? Buffer.alloc(0), sequence: sequence.toString() }
}
