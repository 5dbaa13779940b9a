import { header, type KafkaRecord } from '@sluice/events'
import type { createDeadLetters } from './dead-letters.ts'
import type { watchFlights } from './flights/watch-flights.ts'
import type { createAccount } from './keep-account.ts'
import type { RecentIds } from './recent-ids.ts'
import { originOf } from './origin-of.ts'
import { eventOf } from './trace/find-event.ts'
import type { LetterSummary } from './wire/letters.ts'

export interface TakeRecordsDeps {
  readonly account: ReturnType<typeof createAccount>
  readonly letters: ReturnType<typeof createDeadLetters>
  readonly flights: ReturnType<typeof watchFlights>
  readonly recent: RecentIds
  /** Raw offset at which counting begins in a partition; null: not known yet. */
  readonly base: (partition: number) => bigint | null
  /** The time of each event that was enriched. */
  readonly onEventTime: (ms: number) => void
  readonly onLetter: (letter: LetterSummary) => void
}

/** What the stream says of one event type. */
export interface TypeSeen {
  seen: number
  lastMs: number
  readonly producers: Set<string>
}

const maxProducers = 20

/** Shares each output record out to whoever counts, remembers or judges. */
export function createTakeRecord({ account, letters, flights, recent, base, onEventTime, onLetter }: TakeRecordsDeps) {
  const types = new Map<string, TypeSeen>()

  function takeRecord(role: 'enriched' | 'dlq', record: KafkaRecord): void {
    account.count(role, record, base(record.partition))
    if (role === 'dlq') {
      const letter = letters.add(record)
      if (letter.eventId !== null) remember(letter.eventId, role, record, letter.type)
      onLetter(letter)
      return
    }
    letters.event(record.timestampMs)
    const event = eventOf(record)
    if (event === null) return
    const type = record.headers[header.eventType]?.toString() ?? String(event['type'])
    remember(String(event['id']), role, record, type)
    noteType(type, event['sourceid'], record.timestampMs)
    const data = event['data']
    if (typeof data === 'object' && data !== null) flights.take(type, data as Record<string, unknown>)
    const time = Date.parse(String(event['time']))
    if (!Number.isNaN(time)) onEventTime(time)
  }

  function remember(id: string, role: 'enriched' | 'dlq', record: KafkaRecord, type: string | null): void {
    const { partition, offset, timestampMs } = record
    recent.add(id, { partition, rawOffset: originOf(role, record), role, offset, type, timestampMs })
  }

  function noteType(type: string, producer: unknown, atMs: number): void {
    const known = types.get(type) ?? { seen: 0, lastMs: 0, producers: new Set<string>() }
    known.seen++
    known.lastMs = Math.max(known.lastMs, atMs)
    if (typeof producer === 'string' && known.producers.size < maxProducers) known.producers.add(producer)
    types.set(type, known)
  }

  return { takeRecord, types: types as ReadonlyMap<string, TypeSeen> }
}
