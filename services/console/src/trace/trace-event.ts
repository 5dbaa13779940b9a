import { header } from '@sluice/events'
import type { Views } from '@sluice/store'
import type { Hop, Journey } from '../wire/journey.ts'
import { eventOf, findEvent, notLookedAt, type FindDeps, type Found } from './find-event.ts'
import { blank, headersOf, place, type HopDraft } from './hop.ts'
import { judgeJourney } from './judge-journey.ts'
import { landedHops } from './landed-hops.ts'
import { comingHops, refusedHops } from './other-hops.ts'
import { parseQuery } from './parse-query.ts'
import { modelOf } from './scores.ts'

export interface TraceDeps extends FindDeps {
  readonly views: Views
  readonly incarnation: (topic: string) => string | null
  /** The real-time loader's position in the enriched topic, and when the console saw it pass an offset. */
  readonly inRedis: (
    partition: number,
    offset: bigint
  ) => { readonly done: boolean | null; readonly seenMs: number | null }
  readonly flushMs: number
  readonly modelFeatures: (
    name: string
  ) => Promise<readonly { readonly name: string; readonly pointer: string }[] | null>
}

/** The journey of one event, box by box. Times come from several clocks and are never corrected. */
export async function traceEvent(deps: TraceDeps, text: string): Promise<Journey | null> {
  const began = deps.now()
  const query = parseQuery(text, deps.contracts.topics.raw.name)
  if (query === null) return null
  const found = await findEvent(deps, query)
  const event = eventOf(found.output?.record ?? null) ?? eventOf(found.raw)
  const eventId =
    typeof event?.['id'] === 'string' ? event['id'] : found.row === null ? null : String(found.row['event_id'])
  const shared = {
    query: text,
    eventId,
    type: typeof event?.['type'] === 'string' ? event['type'] : null,
    searched: found.searched,
    event: found.raw?.value?.toString('utf8') ?? found.output?.record.value?.toString('utf8') ?? null,
    command: `npm run sluice -- trace ${/^[\w.:@/-]+$/.test(text.trim()) ? text.trim() : `'${text.trim().replaceAll("'", String.raw`'\''`)}'`}`
  }
  if (found.raw === null && found.output === null && found.row === null) {
    const verdict = notFound(found.searched)
    return { ...shared, verdict, outcome: 'not found', hops: [], model: null, tookMs: deps.now() - began }
  }
  const drafts = hopsOf(deps, found, event)
  const hops = withDeltas(drafts)
  const { verdict, outcome } = judgeJourney(deps, found, hops)
  return { ...shared, verdict, outcome, hops, model: await modelOf(deps, event), tookMs: deps.now() - began }
}

/** What cannot be known is told from what is not there. */
function notFound(searched: readonly string[]): string {
  const skipped = searched.filter((one) => one.startsWith(notLookedAt)).map((one) => one.slice(notLookedAt.length))
  const looked = searched.filter((one) => !one.startsWith(notLookedAt))
  const rest = skipped.length === 0 ? '' : ` Not looked at: ${skipped.join(', ')}.`
  return `Not found in: ${looked.join(', ')}.${rest}`
}

function hopsOf(deps: TraceDeps, found: Found, event: Readonly<Record<string, unknown>> | null): HopDraft[] {
  const { topics } = deps.contracts
  const { raw, output, row } = found
  const text = (name: string): string | null => {
    const value = event?.[name]
    return typeof value === 'string' ? value : null
  }
  const received = text('receivedtime') ?? (row === null ? null : String(row['received_at']))
  const hops: HopDraft[] = [
    {
      ...blank('collector'),
      state: 'done',
      what: `accepted it from ${text('sourceid') ?? 'an unknown key'}${text('source') === null ? '' : ` as ${text('source')}`}`,
      atMs: received === null ? null : Date.parse(received),
      note: received === null ? 'no time of acceptance: whoever wrote it into the topic went past the collector' : null,
      details: [
        ['event time', text('time') ?? '–'],
        ['id', text('id') ?? '–']
      ]
    }
  ]
  const origin = raw?.offset ?? originText(found)
  hops.push({
    ...blank(topics.raw.name),
    state: raw === null ? 'unknown' : 'done',
    what: raw === null ? 'the raw record is no longer in the log' : 'is durable',
    atMs: raw?.timestampMs ?? null,
    where:
      origin === null
        ? []
        : [
            place(
              topics.raw.name,
              raw?.partition ?? output?.record.partition ?? Number(row?.['kafka_partition']),
              origin
            )
          ],
    details: raw === null ? [] : headersOf(raw)
  })
  if (output === null && row === null) return [...hops, ...comingHops(deps, found)]
  const reason = output?.record.headers[header.dlqReason]?.toString()
  if (output?.role === 'dlq') return [...hops, ...refusedHops(deps, output.record, reason ?? 'unknown')]
  return [...hops, ...landedHops(deps, found, event)]
}

function withDeltas(drafts: readonly HopDraft[]): Hop[] {
  let before: number | null = null
  return drafts.map((draft) => {
    const deltaMs = draft.atMs === null || before === null ? null : draft.atMs - before
    if (draft.atMs !== null) before = draft.atMs
    const note = deltaMs !== null && deltaMs < 0 ? 'two clocks: this one is behind the one before' : draft.note
    return { ...draft, deltaMs, note }
  })
}

function originText({ output, row }: Found): bigint | null {
  const text =
    output?.record.headers[output.role === 'dlq' ? header.dlqOriginOffset : header.originOffset]?.toString() ??
    (row === null ? undefined : String(row['raw_offset']))
  return text !== undefined && /^\d+$/.test(text) ? BigInt(text) : null
}
