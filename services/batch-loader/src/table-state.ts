import type { Contracts } from '@sluice/contracts'
import { bronzeTables, deadLetters, type DeltaTable, type Position, type Source, type TableSpec } from '@sluice/lake'

/** Where one table is in one partition. */
export interface Cursor {
  readonly source: Source
  /** What the table holds, as far as is known: a commit must find exactly this. */
  base: Position
  /** With everything that is buffered: what lies below is skipped. */
  next: Position
  /** Since when `next` has been ahead of `base`; null: it is not. */
  aheadSinceMs: number | null
}

/** A table and all of its cursors, by `sourceKey`. */
export interface TableState {
  readonly spec: TableSpec
  readonly delta: DeltaTable
  readonly cursors: ReadonlyMap<string, Cursor>
}

/** The partitions of both topics, as they are in this life of the log. */
export interface LogSources {
  readonly enriched: readonly Source[]
  readonly dlq: readonly Source[]
}

export function sourceKey({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}/${partition}`
}

/** Every partition of both topics under its topic's incarnation. */
export function sourcesOf({ topics }: Contracts, incarnations: ReadonlyMap<string, string>): LogSources {
  const of = ({ name, partitions }: { readonly name: string; readonly partitions: number }): Source[] =>
    Array.from({ length: partitions }, (_, partition) => ({
      topic: name,
      partition,
      incarnation: incarnations.get(name) ?? ''
    }))
  return { enriched: of(topics.enriched), dlq: of(topics.dlq) }
}

/** Each table of the lake with the partitions that may have rows for it: `dead_letters` is fed by both topics. */
export function tableSources(
  contracts: Contracts,
  { enriched, dlq }: LogSources
): readonly { readonly spec: TableSpec; readonly sources: readonly Source[] }[] {
  return bronzeTables(contracts).map((spec) => ({
    spec,
    sources: spec.name === deadLetters.name ? [...enriched, ...dlq] : enriched
  }))
}

/** Buffered up to here: nothing of it is in the table yet. */
export function advance(cursor: Cursor, next: Position, nowMs: number): void {
  if (next.next <= cursor.next.next) return
  cursor.next = next
  cursor.aheadSinceMs ??= nowMs
}

/** The table holds this now. */
export function settle(cursor: Cursor, base: Position, nowMs: number): void {
  cursor.base = base
  if (cursor.next.next < base.next) cursor.next = base
  cursor.aheadSinceMs = cursor.next.next > base.next ? nowMs : null
}

/** Forgets what is buffered. */
export function rewind(cursor: Cursor, base: Position = cursor.base): void {
  cursor.base = base
  cursor.next = base
  cursor.aheadSinceMs = null
}
