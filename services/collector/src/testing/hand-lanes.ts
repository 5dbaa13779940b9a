import { UnavailableError } from '@sluice/events'
import type { Lanes, OutgoingRecord } from '@sluice/kafka'

interface SentRecord {
  readonly record: OutgoingRecord
  acknowledge(): void
  fail(error?: Error): void
}

/** Lanes whose broker is the test: it decides when which record is acknowledged or fails, for what no broker does on cue. */
export interface HandLanes extends Pick<Lanes, 'send'> {
  /** In order of sending. */
  readonly sent: SentRecord[]
}

/** With `automatic` every record is acknowledged at once. */
export function handLanes({ automatic = false } = {}): HandLanes {
  const sent: SentRecord[] = []
  const offsets = new Map<number, bigint>()
  return {
    sent,
    send(record) {
      const { partition } = record
      const { promise, resolve, reject } = Promise.withResolvers<{ partition: number; offset: bigint }>()
      sent.push({
        record,
        acknowledge() {
          const offset = offsets.get(partition) ?? 0n
          offsets.set(partition, offset + 1n)
          resolve({ partition, offset })
        },
        fail: (error = new UnavailableError('kafka', 'the broker is away')) => reject(error)
      })
      if (automatic) sent.at(-1)?.acknowledge()
      return promise
    }
  }
}

/** The only event that was sent since the last time, without what the collector added. */
export function takeStored({ sent }: HandLanes): unknown {
  const [{ record }, ...more] = sent.splice(0) as [SentRecord, ...SentRecord[]]
  if (more.length > 0) throw new Error(`expected one record, found ${more.length + 1}`)
  const { receivedtime: _, sourceid: __, ...event } = JSON.parse(record.value.toString()) as Record<string, unknown>
  return event
}
