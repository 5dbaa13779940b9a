import { valueAt } from '@sluice/events'
import { boardKey, countsKey, recentKey, stateKey, type Views } from '@sluice/store'
import type { Found } from './find-event.ts'
import { blank, headersOf, place, type HopDraft } from './hop.ts'
import { lakeHop } from './lake-hop.ts'
import { scoresOf } from './scores.ts'
import type { TraceDeps } from './trace-event.ts'

/** From the enricher into both stores. */
export function landedHops(
  deps: TraceDeps,
  { output, row, table }: Found,
  event: Readonly<Record<string, unknown>> | null
): HopDraft[] {
  const { contracts, views } = deps
  const topic = contracts.topics.enriched.name
  const partition = output?.record.partition ?? Number(row?.['kafka_partition'])
  const offset = output?.record.offset ?? BigInt(String(row?.['kafka_offset']))
  const scores = scoresOf(event)
  const contract = typeof event?.['type'] === 'string' ? contracts.byType(event['type']) : undefined
  const hops: HopDraft[] = [
    {
      ...blank('enricher'),
      state: 'done',
      what:
        scores.length === 0
          ? 'checked it against its contract'
          : `checked it and added ${scores.map(({ label }) => label).join(', ')}`,
      atMs: null,
      where: scores.map(({ label, value }) => ({ label, value })),
      details: output === null ? [] : headersOf(output.record)
    },
    {
      ...blank(topic),
      state: 'done',
      what: 'is committed, together with the position in the raw topic',
      atMs: output?.record.timestampMs ?? null,
      where: [place(topic, partition, offset)],
      note: output === null ? 'no longer in the log; known from the lake' : null
    }
  ]
  const redis = deps.inRedis(partition, offset)
  hops.push({
    ...blank('realtime-loader'),
    state: redis.done === null ? 'unknown' : redis.done ? 'done' : 'coming',
    what:
      redis.done === null
        ? 'cannot be asked: Redis is away'
        : redis.done
          ? 'applied it to the real-time store'
          : 'has not come to it yet',
    atMs: redis.seenMs,
    note:
      redis.done === true
        ? redis.seenMs === null
          ? 'when is not recorded'
          : 'when the console saw it, at most 1 s late'
        : null,
    expected: redis.done === false ? 'within a second' : null,
    where:
      event === null || redis.done !== true
        ? []
        : keysOf(views, event, partition, output?.record.timestampMs ?? null).map((key) => ({
            label: 'key',
            value: `sluice:${key}`
          }))
  })
  const name = contract?.table ?? table
  if (name === null || name === undefined) return hops
  hops.push(
    lakeHop(deps, name, { topic, partition, offset }, typeof event?.['time'] === 'string' ? event['time'] : null)
  )
  return hops
}

function keysOf(
  views: Views,
  event: Readonly<Record<string, unknown>>,
  partition: number,
  timestampMs: number | null
): string[] {
  const type = String(event['type'])
  const text = (pointer: string): string => textOf(valueAt(event, pointer))
  return [
    ...views.states.filter(({ events }) => events.has(type)).map((view) => stateKey(view, text(view.key))),
    ...views.boards
      .filter(({ events }) => events.has(type))
      .map((view) => boardKey(view, view.key.map(text), text(view.at).slice(0, 10))),
    ...views.recent
      .filter(({ events, needs }) => events.has(type) && (needs === null || valueAt(event, needs) != null))
      .map((view) => recentKey(view, partition)),
    ...(timestampMs === null ? [] : [countsKey(timestampMs)])
  ]
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
