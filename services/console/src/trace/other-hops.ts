import { header, repeatReason, type KafkaRecord } from '@sluice/events'
import type { Found } from './find-event.ts'
import { blank, headersOf, place, type HopDraft } from './hop.ts'
import { lakeHop } from './lake-hop.ts'
import type { TraceDeps } from './trace-event.ts'

/** What became of a dead letter, and what will not come after it. */
export function refusedHops(deps: TraceDeps, record: KafkaRecord, reason: string): HopDraft[] {
  const topic = deps.contracts.topics.dlq.name
  const text = (name: string): string => record.headers[name]?.toString() ?? ''
  const isRepeat = reason === repeatReason
  const decided = Date.parse(text(header.dlqTime))
  const first = `${deps.contracts.topics.raw.name}/${text(header.dlqFirstPartition)}@${text(header.dlqFirstOffset)}`
  return [
    {
      ...blank('enricher'),
      state: isRepeat ? 'done' : 'refused',
      what: isRepeat
        ? 'recognised it as a repeat of an earlier one, which counts'
        : `refused it, ${reason}: ${text(header.dlqMessage)}`,
      atMs: Number.isNaN(decided) ? null : decided,
      where: isRepeat
        ? [{ label: 'first one', value: first }]
        : text(header.dlqPointer) === ''
          ? []
          : [{ label: 'pointer', value: text(header.dlqPointer) }],
      details: headersOf(record)
    },
    {
      ...blank(topic),
      state: 'done',
      what: isRepeat ? 'holds the note of it' : 'holds it with its original bytes',
      atMs: record.timestampMs,
      where: [place(topic, record.partition, record.offset)]
    },
    { ...blank(deps.contracts.topics.enriched.name), state: 'never', what: 'never gets it', atMs: null },
    { ...blank('realtime-loader'), state: 'never', what: 'never gets it', atMs: null },
    lakeHop(deps, 'dead_letters', record, null)
  ]
}

/** What is still to come for an event that nobody has decided on. */
export function comingHops({ contracts, flushMs }: TraceDeps, { raw }: Found): HopDraft[] {
  return [
    {
      ...blank('enricher'),
      state: 'coming',
      what: 'has not come to it yet',
      atMs: null,
      expected: 'within a second when nothing is waited for'
    },
    { ...blank(contracts.topics.enriched.name), state: 'coming', what: `or ${contracts.topics.dlq.name}`, atMs: null },
    { ...blank('realtime-loader'), state: 'coming', what: 'follows', atMs: null },
    {
      ...blank('batch-loader'),
      state: 'coming',
      what: 'follows',
      atMs: null,
      expected: `within ${Math.ceil(flushMs / 1000)} s after that`
    }
  ].map((hop) => ({ ...hop, state: raw === null ? ('unknown' as const) : ('coming' as const) }))
}
