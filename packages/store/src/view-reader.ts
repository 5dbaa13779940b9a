import type { Fields, StoreReader } from './reader.ts'
import { boardKey, countsKey, minuteMs, recentKey, stateKey, type Views } from './views.ts'

export interface BoardEntry {
  readonly entry: string
  /** As it is in the event. */
  readonly at: string
}

/** Reads by view, so that nobody else has to know keys. Names that no view has are a plain Error. */
export interface ViewReader {
  /** One answer per key, in order; null: not there. */
  states(view: string, keys: readonly string[]): Promise<readonly (Fields | null)[]>
  /** Entries with a time from `fromMs` up to and without `toMs`, by time and then by name. */
  board(view: string, key: readonly string[], fromMs: number, toMs: number): Promise<readonly BoardEntry[]>
  /** The last ones of all partitions, `limit` of each at most, by partition and the newest first. */
  recent(view: string, partitions: number, limit: number): Promise<readonly (readonly Fields[])[]>
  /** Every minute from that of `fromMs` up to that of `toMs`, with its counts by event type; none: an empty one. */
  counts(fromMs: number, toMs: number): Promise<readonly MinuteCounts[]>
}

export interface MinuteCounts {
  readonly minuteMs: number
  readonly counts: Readonly<Record<string, number>>
}

const dayMs = 86_400_000

export function createViewReader(store: StoreReader, views: Views): ViewReader {
  return {
    states: (name, keys) => {
      const view = find(views.states, name)
      return store.states(keys.map((key) => stateKey(view, key)))
    },
    async board(name, key, fromMs, toMs) {
      const view = find(views.boards, name)
      const days = steps(fromMs, toMs - 1, dayMs).map((ms) => new Date(ms).toISOString().slice(0, 10))
      const found = await store.entries(days.map((day) => boardKey(view, key, day)))
      return found
        .flatMap((entries) => Object.entries(entries).map(([entry, at]) => ({ entry, at, ms: Date.parse(at) })))
        .filter(({ ms }) => ms >= fromMs && ms < toMs)
        .toSorted((a, b) => a.ms - b.ms || (a.entry < b.entry ? -1 : 1))
        .map(({ entry, at }) => ({ entry, at }))
    },
    async recent(name, partitions, limit) {
      const view = find(views.recent, name)
      const keys = Array.from({ length: partitions }, (_, partition) => recentKey(view, partition))
      const found = await store.recent(keys)
      return found.map((values) => values.slice(0, limit).map((value) => JSON.parse(value) as Fields))
    },
    async counts(fromMs, toMs) {
      const minutes = steps(fromMs, toMs, minuteMs)
      const found = await store.states(minutes.map(countsKey))
      return minutes.map((minute, i) => ({
        minuteMs: minute,
        counts: Object.fromEntries(Object.entries(found[i] ?? {}).map(([type, count]) => [type, Number(count)]))
      }))
    }
  }
}

function find<V extends { readonly name: string }>(views: readonly V[], name: string): V {
  const view = views.find((candidate) => candidate.name === name)
  if (view === undefined) throw new Error(`there is no view ${name}, only ${views.map((v) => v.name).join(', ')}`)
  return view
}

/** The beginnings of all steps that `from` to `to` touch. */
function steps(fromMs: number, toMs: number, stepMs: number): number[] {
  const first = Math.floor(fromMs / stepMs) * stepMs
  return Array.from({ length: Math.max(0, Math.floor((toMs - first) / stepMs) + 1) }, (_, i) => first + i * stepMs)
}
