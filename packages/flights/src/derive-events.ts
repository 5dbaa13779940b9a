import type { CloudEvent } from '@sluice/events'
import { flightEvent, flightKinds, minuteOf, minuteOfObservation, weatherEvent } from './event-of.ts'
import type { Flights } from './flights.ts'
import type { Observation, Plane } from './reference-tables.ts'

/** What events are derived from: the flights, the weather, or both. */
export interface EventSources {
  readonly flights?: { readonly flights: Flights; readonly planes: ReadonlyMap<string, Plane> }
  readonly weather?: readonly Observation[]
}

export interface EventRange {
  /** Event times in milliseconds since 1970: from inclusive, to exclusive. Without them the whole year. */
  readonly fromMs?: number
  readonly toMs?: number
  /** Only what comes later than this in the order of events. */
  readonly after?: EventPosition | null
}

/** Where one stands in the order of events: that of (time, type, id), which are its own. */
export interface EventPosition {
  readonly time: string
  readonly type: string
  readonly id: string
}

/**
 * All events in the order of (time, type, id): the same ones, with the same ids, every time.
 * They are made one by one; what is kept is one number for each.
 */
export function* deriveEvents(sources: EventSources, range: EventRange = {}): Generator<CloudEvent, void, undefined> {
  const keys = sortedKeys(sources, range)
  let start = 0
  while (start < keys.length) {
    const moment = momentOf(keys[start] as number)
    let end = start + 1
    while (end < keys.length && momentOf(keys[end] as number) === moment) end++
    // The keys of one moment differ only by row, and rows are in no order that means anything.
    const events = Array.from(keys.subarray(start, end), (key) => eventOf(key, sources))
    if (events.length > 1) events.sort(compareIds)
    for (const event of events) if (isLater(event, range.after ?? null)) yield event
    start = end
  }
}

/**
 * A key is (minute since 1970, kind, row) in one double: 25 + 3 + 19 of its 53 bits.
 * Keys sort as the events do, except for the ids within one minute and kind.
 */
function sortedKeys(sources: EventSources, range: EventRange): Float64Array {
  const after = range.after ? Date.parse(range.after.time) : -Infinity
  const from = Math.max(range.fromMs ?? -Infinity, after) / 60_000
  const to = (range.toMs ?? Infinity) / 60_000
  const { flights } = sources.flights ?? { flights: { count: 0, at: () => never() } }
  const weather = sources.weather ?? []
  const keys = new Float64Array(flights.count * 3 + weather.length)
  let count = 0
  function add(minute: number, kind: number, row: number) {
    if (minute >= from && minute < to) keys[count++] = (minute * kinds + kind) * rows + row
  }
  for (let row = 0; row < flights.count; row++) {
    const flight = flights.at(row)
    flightKinds.forEach((kind, index) => {
      const minute = minuteOf[kind](flight)
      if (minute !== null) add(minute, index, row)
    })
  }
  weather.forEach((observation, row) => add(minuteOfObservation(observation), weatherKind, row))
  const sorted = keys.subarray(0, count)
  sorted.sort()
  return sorted
}

const kinds = 8
const rows = 524_288
/** `weather.observed` follows every `flight.…`. */
const weatherKind = flightKinds.length

/** (minute, kind) of a key. */
function momentOf(key: number): number {
  return Math.floor(key / rows)
}

function eventOf(key: number, { flights, weather }: EventSources): CloudEvent {
  const row = key % rows
  const moment = momentOf(key)
  const kind = flightKinds[moment % kinds]
  if (kind === undefined) return weatherEvent(weather?.[row] ?? never())
  if (flights === undefined) return never()
  return flightEvent(kind, Math.floor(moment / kinds), flights.flights.at(row), flights.planes)
}

function compareIds(a: CloudEvent, b: CloudEvent): number {
  if (a.id === b.id) return 0
  return a.id < b.id ? -1 : 1
}

function isLater(event: EventPosition, after: EventPosition | null): boolean {
  if (after === null || event.time !== after.time) return after === null || event.time > after.time
  return event.type === after.type ? event.id > after.id : event.type > after.type
}

function never(): never {
  throw new Error('deriveEvents: a key of an event whose source is not there')
}
