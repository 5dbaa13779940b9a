import { openLakeReader, openObjectStore, type ObjectStoreSettings } from '@sluice/lake'
import { UnavailableError, type Log } from '@sluice/events'
import { mayHold } from './lake/file-stats.ts'
import { emptyTable, refreshTable, type LakeFile } from './lake/table-log.ts'
import { rowOf } from './lake/table-row.ts'
import type { CommitRow, TableRow } from './wire/storage.ts'

export interface WatchLakeDeps {
  readonly settings: ObjectStoreSettings
  readonly prefix: string
  readonly workDir: string
  readonly tables: readonly { readonly name: string; readonly title: string }[]
  readonly log: Log
  readonly now: () => number
}

/** A record, and which life of its topic it lies in. */
export interface RecordSource {
  readonly topic: string
  readonly incarnation: string
  readonly partition: number
  readonly offset: bigint
}

export type Lake = ReturnType<typeof watchLake>

/** Follows the Delta log of every table: what is in no commit does not exist. */
export function watchLake(deps: WatchLakeDeps) {
  const { prefix, log, now } = deps
  const store = openObjectStore({ ...deps.settings, attemptMs: 4_000 })
  const reader = openLakeReader({ store, prefix, workDir: deps.workDir, log, now })
  const tables = deps.tables.map(({ name, title }) => emptyTable(name, title))
  let atMs: number | null = null
  let problem: string | null = 'not read yet'
  let problemSinceMs: number | null = null

  return {
    /** Reads what is new in every log. */
    async refresh(): Promise<void> {
      try {
        await Promise.all(tables.map((table) => refreshTable(table, { store, reader, prefix })))
        atMs = now()
        problem = null
        problemSinceMs = null
      } catch (error) {
        problem = (error as Error).message
        problemSinceMs ??= now()
        if (!(error instanceof UnavailableError)) log.warn({ reason: problem }, 'the lake cannot be read')
      }
    },
    atMs: (): number | null => atMs,
    problem: (): string | null => problem,
    problemSinceMs: (): number | null => problemSinceMs,
    rows: (): Omit<TableRow, 'waitingMs'>[] => tables.map((table) => rowOf(table, now())),
    /** How far each partition of a topic is in the lake, by the table that is furthest. Null: no table knows this log. */
    positions(topic: string, incarnation: string): ReadonlyMap<number, bigint> | null {
      const found = new Map<number, bigint>()
      for (const { txns } of tables) {
        for (const [id, version] of txns) {
          const [root, life, name, partition, more] = id.split('/')
          if (root !== 'sluice' || life !== incarnation || name !== topic || more !== undefined) continue
          const p = Number(partition)
          const known = found.get(p)
          if (known === undefined || known < BigInt(version)) found.set(p, BigInt(version))
        }
      }
      return found.size === 0 ? null : found
    },
    /** Position of one table alone; null: it has none. */
    positionIn(table: string, topic: string, incarnation: string, partition: number): bigint | null {
      const version = tables.find(({ name }) => name === table)?.txns.get(`sluice/${incarnation}/${topic}/${partition}`)
      return version === undefined ? null : BigInt(version)
    },
    /**
     * The commit that took a record in: the first one whose position lies beyond it. Of older commits only the ranges of
     * their files are known, which may overlap.
     */
    findFiles(
      table: string,
      source: RecordSource
    ): readonly { path: string; file: LakeFile; commit: CommitRow | null }[] {
      const found = tables.find(({ name }) => name === table)
      if (found === undefined) return []
      const id = `sluice/${source.incarnation}/${source.topic}/${source.partition}`
      const positions = found.commits.flatMap((commit) => {
        const next = commit.txns.get(id)
        return next === undefined ? [] : [{ commit, next }]
      })
      const i = positions.findIndex(({ next }) => next > Number(source.offset))
      const isExact = i > 0 && positions[i - 1]!.next <= Number(source.offset)
      const commit = isExact ? positions[i]!.commit : null
      return [...found.files]
        .filter(([, file]) =>
          commit === null ? mayHold(file.add, source.partition, Number(source.offset)) : file.version === commit.version
        )
        .map(([path, file]) => ({ path: `${prefix}/${table}/${path}`, file, commit }))
    },
    versionOf: (table: string): number | null => tables.find(({ name }) => name === table)?.version ?? null,
    query: (sql: string, table: string): Promise<Record<string, unknown>[]> =>
      reader.queryTables(sql, { tables: [table] }),
    async [Symbol.asyncDispose](): Promise<void> {
      await reader[Symbol.asyncDispose]()
      store.close()
    }
  }
}
