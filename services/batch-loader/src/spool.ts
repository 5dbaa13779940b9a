import { mkdirSync } from 'node:fs'
import { appendFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createLineBuffer, type LineBuffer } from './line-buffer.ts'
import { sourceKey } from './table-state.ts'

/**
 * Rows that wait for the next flush, as lines of JSON on disk: one file per table and partition, so that a partition
 * can be forgotten without the others.
 */
export interface Spool {
  /** Takes lines of one table and partition, at once; they reach the disk at the next `drain`. Good until the next wait. */
  appender(table: string, source: SpoolSource, nowMs: number): (line: Line) => void
  /** Drops what is held of a partition, for every table. */
  forget(source: SpoolSource): void
  /** Writes what is in memory, if it is much or `all`. */
  drain(options: { readonly all: boolean }): Promise<void>
  /** Files of a table with everything that was drained. */
  files(table: string): readonly string[]
  rowsOf(table: string): number
  readonly rows: number
  readonly bytes: number
  /** When the first row came; null: there is none. */
  readonly sinceMs: number | null
  /** Folder for what is made of the lines. */
  readonly dir: string
  /** Deletes all of it. */
  remove(): Promise<void>
}

export interface SpoolSource {
  readonly topic: string
  readonly partition: number
}

/** ASCII, then bytes as they are, then ASCII that ends with a line break. */
export interface Line {
  readonly prefix: string
  readonly bytes: Buffer
  readonly suffix: string
}

interface Entry {
  readonly table: string
  readonly source: string
  readonly path: string
  rows: number
  bytes: number
  readonly pending: LineBuffer
  /** Appends of one file happen one after another. */
  written: Promise<void>
}

/** Lines in memory, all tables together, before they are written. */
const maxPendingBytes = 1024 * 1024

export function openSpool(dir: string): Spool {
  mkdirSync(dir, { recursive: true })
  const entries = new Map<string, Entry>()
  let files = 0
  let pendingBytes = 0
  let sinceMs: number | null = null

  const held = (table?: string): Entry[] =>
    [...entries.values()].filter((entry) => table === undefined || entry.table === table)

  function entryOf(table: string, source: SpoolSource): Entry {
    const key = `${table}/${sourceKey(source)}`
    let entry = entries.get(key)
    if (entry === undefined) {
      const path = join(dir, `${files++}.ndjson`)
      entry = {
        table,
        source: sourceKey(source),
        path,
        rows: 0,
        bytes: 0,
        pending: createLineBuffer(),
        written: Promise.resolve()
      }
      entries.set(key, entry)
    }
    return entry
  }

  return {
    dir,

    appender(table, source, nowMs) {
      const entry = entryOf(table, source)
      return ({ prefix, bytes, suffix }) => {
        const length = prefix.length + bytes.length + suffix.length
        entry.pending.append(prefix, bytes, suffix)
        entry.rows++
        entry.bytes += length
        sinceMs ??= nowMs
        pendingBytes += length
      }
    },

    forget(source) {
      for (const [key, entry] of entries) {
        if (entry.source !== sourceKey(source)) continue
        entries.delete(key)
        pendingBytes -= entry.pending.length
      }
      if (held().every(({ rows }) => rows === 0)) sinceMs = null
    },

    async drain({ all }) {
      if (!all && pendingBytes < maxPendingBytes) return
      pendingBytes = 0
      const writes = held().map((entry) => {
        const lines = entry.pending.take()
        if (lines.length > 0) entry.written = entry.written.then(() => appendFile(entry.path, lines))
        return entry.written
      })
      await Promise.all(writes)
    },

    files: (table) =>
      held(table)
        .filter(({ rows }) => rows > 0)
        .map(({ path }) => path),
    rowsOf: (table) => held(table).reduce((sum, entry) => sum + entry.rows, 0),
    get rows() {
      return held().reduce((sum, entry) => sum + entry.rows, 0)
    },
    get bytes() {
      return held().reduce((sum, entry) => sum + entry.bytes, 0)
    },
    get sinceMs() {
      return sinceMs
    },
    remove: () => rm(dir, { recursive: true, force: true })
  }
}
