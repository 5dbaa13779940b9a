/** What the store shows, as `realtime.yaml` declares it. Pointers go into the event; ttls count from a record's time. */
export interface Views {
  readonly states: readonly StateView[]
  readonly boards: readonly BoardView[]
  readonly recent: readonly RecentView[]
  readonly counts: CountsView
}

interface View {
  readonly name: string
  readonly ttlMs: number
}

/** Field name to pointer. */
export type FieldPointers = Readonly<Record<string, string>>

/** One hash per value of `key`. */
export interface StateView extends View {
  readonly key: string
  readonly events: ReadonlyMap<
    string,
    { readonly set: Readonly<Record<string, string>>; readonly fields: FieldPointers }
  >
}

/** One hash per values of `key` and UTC day of `at`, an entry per value of `entry`. */
export interface BoardView extends View {
  readonly key: readonly string[]
  readonly at: string
  readonly entry: string
  readonly events: ReadonlySet<string>
}

/** The last `size` of each partition. */
export interface RecentView extends View {
  readonly size: number
  /** Only events where this pointer names something other than null. */
  readonly needs: string | null
  readonly events: ReadonlySet<string>
  readonly fields: FieldPointers
}

/** Events per minute of the topic's clock and type. */
export interface CountsView {
  readonly ttlMs: number
}

export const minuteMs = 60_000

/** Names that views must not have. */
export const ownNames: readonly string[] = ['positions', 'counts']

export function stateKey(view: { readonly name: string }, key: string): string {
  return `${view.name}:${part(key)}`
}

/** `day`: `2013-09-01`. */
export function boardKey(view: { readonly name: string }, key: readonly string[], day: string): string {
  return [view.name, ...key.map(part), day].join(':')
}

export function recentKey(view: { readonly name: string }, partition: number): string {
  return `${view.name}:${partition}`
}

/** `counts:2026-11-22T15:26Z` */
export function countsKey(timestampMs: number): string {
  return `counts:${new Date(timestampMs).toISOString().slice(0, 16)}Z`
}

/** Values are data: one with a colon must not become another key. */
function part(value: string): string {
  return value.replaceAll('%', '%25').replaceAll(':', '%3A')
}
