import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '@sluice/events'
import type { AddFile } from './delta-action.ts'
import { sqlTypeOfDelta, type DeltaSchema } from './delta-schema.ts'
import { schemaOf } from './delta-snapshot.ts'
import { openDeltaTable } from './delta-table.ts'
import { openDuck, type QueryResult, type Sql } from './duck.ts'
import type { ObjectStore } from './object-store.ts'
import { planScans, pruneFiles, type Scans } from './prune-files.ts'
import { sqlList, sqlName, sqlText } from './sql-types.ts'
import { partitionColumn } from './tables.ts'

export interface LakeReaderDeps {
  readonly store: ObjectStore
  /** Folder of the tables within the bucket: `bronze`. */
  readonly prefix: string
  /** Local folder for what is in hand; made if it is not there. */
  readonly workDir: string
  readonly log: Log
  readonly now: () => number
  /** Keeps what `query` fetched until the reader is closed, for someone who asks again. Default false. */
  readonly keepFiles?: boolean
}

/** What a table is at its newest version. */
export interface TableSnapshot {
  readonly version: number
  readonly files: readonly AddFile[]
  readonly txns: ReadonlyMap<string, number>
  readonly schema: DeltaSchema
}

/** Reads bronze tables by their Delta log: files that are in no commit do not exist. */
export interface LakeReader extends AsyncDisposable {
  /** Null: there is no such table. */
  readSnapshot(table: string): Promise<TableSnapshot | null>
  /** Rows of a table as its log counts them, without a file being read; 0 where there is no table. */
  countRows(table: string): Promise<number>
  /**
   * Runs one statement of SQL over the named tables, whose files are fetched for it. Rows are objects of JSON values;
   * 64-bit integers, dates and times are texts.
   */
  queryTables(sql: string, options: { readonly tables: readonly string[] }): Promise<Record<string, unknown>[]>
  /** Names of the tables that are there, in order. */
  listTables(): Promise<readonly string[]>
  /**
   * Runs one statement of SQL over the tables that it names, and fetches only files that may hold rows of the dates and
   * times that it asks for. Throws at a table that is not there, naming those that are, and what DuckDB says of the rest.
   */
  query(sql: string, signal?: AbortSignal): Promise<QueryResult>
}

const parallelDownloads = 4

export function openLakeReader(deps: LakeReaderDeps): LakeReader {
  let opened: Promise<Parts> | undefined
  const parts = (): Promise<Parts> => (opened ??= openParts(deps))

  async function readSnapshot(name: string): Promise<TableSnapshot | null> {
    const { duck, workDir } = await parts()
    const location = `${deps.prefix}/${name}`
    const table = openDeltaTable({ ...deps, duck, workDir }, { name, location, keepFiles: true })
    const snapshot = await table.refresh()
    if (snapshot.version < 0) return null
    const { version, files, txns } = snapshot
    return { version, files: [...files.values()], txns, schema: schemaOf(snapshot) }
  }

  async function listTables(): Promise<readonly string[]> {
    return deps.store.listDirectories(deps.prefix)
  }

  /** The tables that a query names, and what it wants of each. Names are taken as SQL takes them: without regard to case. */
  async function plan(sql: string, signal?: AbortSignal): Promise<Plan> {
    const { duck } = await parts()
    const there = await listTables()
    const tables = new Map<string, TableSnapshot>()
    const add = async (name: string): Promise<boolean> => {
      const snapshot = there.includes(name) && !tables.has(name) ? await readSnapshot(name) : null
      if (snapshot !== null) tables.set(name, snapshot)
      return snapshot !== null
    }
    const named = await duck.exclusive((db) => db.tablesOf(sql), signal)
    for (const name of named) await add(name.toLowerCase())
    for (;;) {
      try {
        return { tables, scans: await duck.exclusive((db) => planScans(db, sql, tables), signal) }
      } catch (error) {
        const missing = /^Catalog Error: Table with name (.+) does not exist!/.exec((error as Error).message)?.[1]
        if (missing === undefined) {
          signal?.throwIfAborted()
          // Some statements cannot be explained; what else is wrong with a query is better said before a file is fetched.
          if (/^\s*(?:select|with|from|\()/i.test(sql)) throw error
          return { tables, scans: null }
        }
        if (!(await add(missing.toLowerCase()))) {
          throw new Error(`there is no table ${missing} in ${deps.prefix}; there are ${there.join(', ') || 'none'}`, {
            cause: error
          })
        }
      }
    }
  }

  return {
    readSnapshot,

    async countRows(name) {
      const snapshot = await readSnapshot(name)
      return (snapshot?.files ?? []).reduce((sum, file) => sum + rowsOf(name, file), 0)
    },

    async queryTables(sql, { tables }) {
      const { duck, workDir } = await parts()
      const dir = await mkdtemp(join(workDir, 'query-'))
      try {
        const views: string[] = []
        for (const name of tables) {
          const snapshot = await readSnapshot(name)
          if (snapshot === null) throw new Error(`there is no table ${name} in ${deps.prefix}`)
          views.push(viewOf(name, snapshot, await fetchFiles(deps, name, snapshot.files, join(dir, name))))
        }
        return await duck.exclusive((db) => over(db, tables, views, () => db.rows(sql)))
      } finally {
        await rm(dir, { recursive: true, force: true })
      }
    },

    listTables,

    async query(sql, signal) {
      const { duck, workDir } = await parts()
      const { tables, scans } = await plan(sql, signal)
      const dir = deps.keepFiles === true ? join(workDir, 'files') : await mkdtemp(join(workDir, 'query-'))
      try {
        const views: string[] = []
        for (const [name, snapshot] of tables) {
          const paths = await fetchFiles(deps, name, pruneFiles(name, snapshot.files, scans), join(dir, name), signal)
          views.push(viewOf(name, snapshot, paths))
        }
        return await duck.exclusive((db) => over(db, tables.keys(), views, () => db.table(sql)), signal)
      } finally {
        if (deps.keepFiles !== true) await rm(dir, { recursive: true, force: true })
      }
    },

    async [Symbol.asyncDispose]() {
      if (opened === undefined) return
      const { duck, workDir } = await opened
      await duck.close()
      await rm(workDir, { recursive: true, force: true })
    }
  }
}

interface Plan {
  readonly tables: ReadonlyMap<string, TableSnapshot>
  readonly scans: Scans | null
}

type Parts = { readonly duck: Awaited<ReturnType<typeof openDuck>>; readonly workDir: string }

async function openParts({ workDir }: LakeReaderDeps): Promise<Parts> {
  await mkdir(workDir, { recursive: true })
  const own = await mkdtemp(join(workDir, 'reader-'))
  return { workDir: own, duck: await openDuck({ tempDir: join(own, 'duck'), memoryMb: 512 }) }
}

function rowsOf(table: string, file: AddFile): number {
  const { numRecords } = JSON.parse(file.stats ?? '{}') as { numRecords?: number }
  if (numRecords === undefined) throw new Error(`table ${table}: the log does not say how many rows ${file.path} has`)
  return numRecords
}

/** Local paths of a table's files, each in a folder that names its partition; those that are there are not fetched again. */
async function fetchFiles(
  { store, prefix }: LakeReaderDeps,
  table: string,
  files: readonly AddFile[],
  dir: string,
  signal?: AbortSignal
): Promise<string[]> {
  const queue = [...files]
  const paths: string[] = []
  async function work(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const key = `${prefix}/${table}/${decodeURIComponent(next.path)}`
      const folder = join(dir, `${partitionColumn}=${next.partitionValues[partitionColumn] ?? ''}`)
      const local = join(folder, `${createHash('sha256').update(key).digest('hex')}.parquet`)
      paths.push(local)
      if (existsSync(local)) continue
      await mkdir(folder, { recursive: true })
      if (!(await store.download(key, `${local}.part`, signal))) {
        throw new Error(`table ${table}: ${key} is in the log and not there`)
      }
      await rename(`${local}.part`, local)
    }
  }
  await Promise.all(Array.from({ length: parallelDownloads }, work))
  return paths
}

/** Files may be older than some columns, and a table may have none. */
function viewOf(name: string, { schema }: TableSnapshot, paths: readonly string[]): string {
  const typed = schema.fields.map((field) => `CAST(NULL AS ${sqlTypeOfDelta(field.type)}) AS ${sqlName(field.name)}`)
  const empty = `SELECT ${typed.join(', ')} WHERE false`
  if (paths.length === 0) return `CREATE OR REPLACE TEMP VIEW ${sqlName(name)} AS ${empty}`
  const rows = `SELECT * FROM read_parquet(${sqlList(paths)}, union_by_name = true, hive_partitioning = true,
    hive_types = {${sqlText(partitionColumn)}: DATE})`
  return `CREATE OR REPLACE TEMP VIEW ${sqlName(name)} AS ${empty} UNION ALL BY NAME ${rows}`
}

/** Runs `work` while the views of these tables are there. */
async function over<T>(
  db: Sql,
  tables: Iterable<string>,
  views: readonly string[],
  work: () => Promise<T>
): Promise<T> {
  try {
    for (const view of views) await db.run(view)
    return await work()
  } finally {
    for (const name of tables) await db.run(`DROP VIEW IF EXISTS ${sqlName(name)}`)
  }
}
