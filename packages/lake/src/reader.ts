import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '@sluice/events'
import type { AddFile } from './delta-action.ts'
import { sqlTypeOfDelta, type DeltaSchema } from './delta-schema.ts'
import { schemaOf } from './delta-snapshot.ts'
import { openDeltaTable } from './delta-table.ts'
import { openDuck, type Sql } from './duck.ts'
import type { ObjectStore } from './object-store.ts'
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
        return await duck.exclusive(async (db) => {
          try {
            for (const view of views) await db.run(view)
            return await db.rows(sql)
          } finally {
            await dropViews(db, tables)
          }
        })
      } finally {
        await rm(dir, { recursive: true, force: true })
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

/** Local paths of a table's files, each in a folder that names its partition. */
async function fetchFiles(
  { store, prefix }: LakeReaderDeps,
  table: string,
  files: readonly AddFile[],
  dir: string
): Promise<string[]> {
  const paths: string[] = []
  const queue = [...files.entries()]
  async function work(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [i, { path, partitionValues }] = next
      const folder = join(dir, `${partitionColumn}=${partitionValues[partitionColumn] ?? ''}`)
      const local = join(folder, `${i}.parquet`)
      await mkdir(folder, { recursive: true })
      const key = `${prefix}/${table}/${decodeURIComponent(path)}`
      if (!(await store.download(key, local))) throw new Error(`table ${table}: ${key} is in the log and not there`)
      paths.push(local)
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

async function dropViews(db: Sql, tables: readonly string[]): Promise<void> {
  for (const name of tables) await db.run(`DROP VIEW IF EXISTS ${sqlName(name)}`)
}
