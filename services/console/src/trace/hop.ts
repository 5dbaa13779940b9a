import type { KafkaRecord } from '@sluice/events'
import type { Hop } from '../wire/journey.ts'

/** A hop before the time since the one before is known. */
export type HopDraft = Omit<Hop, 'deltaMs'>

/** A hop with nothing to tell but its box. */
export function blank(box: string): HopDraft {
  return { box, state: 'done', what: '', atMs: null, expected: null, note: null, where: [], details: [] }
}

/** `events.raw/3@48011` */
export function place(topic: string, partition: number, offset: bigint): { label: string; value: string } {
  return { label: 'place', value: `${topic}/${partition}@${offset}` }
}

/** Key and headers of a record, for whoever opens the hop. */
export function headersOf(record: KafkaRecord): [string, string][] {
  return [
    ['key', record.key?.toString('utf8') ?? 'none'],
    ...Object.entries(record.headers).map(([name, value]): [string, string] => [name, value.toString('utf8')])
  ]
}
