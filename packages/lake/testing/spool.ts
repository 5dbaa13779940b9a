import { writeFile } from 'node:fs/promises'

export interface SentEvent {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly time: string
  readonly receivedtime?: string
  readonly data: unknown
}

/** Lines as the loader spools them, partition 3, offsets from 0, raw offsets ten higher. */
export async function spool(path: string, events: readonly (SentEvent | string)[]): Promise<void> {
  const lines = events.map((event, i) => {
    const json = typeof event === 'string' ? event : JSON.stringify({ specversion: '1.0', ...event })
    return `{"p":3,"o":${i},"r":${i + 10},"e":${json}}\n`
  })
  await writeFile(path, lines.join(''))
}

/** What the row of an event must be, before it goes through its columns. */
export function sentRow(event: SentEvent, offset: number): Record<string, unknown> {
  return {
    ...(event.data as Record<string, unknown>),
    event_id: event.id,
    event_source: event.source,
    event_time: event.time,
    received_at: event.receivedtime,
    kafka_partition: 3,
    kafka_offset: offset,
    raw_offset: offset + 10,
    event_date: new Date(event.time).toISOString().slice(0, 10)
  }
}
