import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { versionName, type Action } from './delta-action.ts'
import type { Duck } from './duck.ts'
import type { ObjectStore } from './object-store.ts'
import { sqlList, sqlName, sqlText } from './sql-types.ts'

/** `_last_checkpoint`: a hint where to start reading. */
export interface LastCheckpoint {
  readonly version: number
  readonly size: number
  /** Number of files of a checkpoint that other engines may have split. */
  readonly parts?: number
}

export interface CheckpointDeps {
  readonly store: ObjectStore
  readonly duck: Duck
  /** The table's `_delta_log`. */
  readonly logDir: string
  /** Local folder for what is in hand. */
  readonly workDir: string
  readonly now: () => number
}

/** Removed files stay in checkpoints this long, for readers of older versions. */
const tombstoneMs = 7 * 24 * 3600 * 1000

export async function readLastCheckpoint(deps: CheckpointDeps, signal?: AbortSignal): Promise<LastCheckpoint | null> {
  const bytes = await deps.store.get(`${deps.logDir}/_last_checkpoint`, signal)
  return bytes === null ? null : (JSON.parse(bytes.toString('utf8')) as LastCheckpoint)
}

/** The actions of a checkpoint, ours or another engine's; without files where they are not asked for. */
export async function readCheckpoint(
  deps: CheckpointDeps,
  checkpoint: LastCheckpoint,
  options: { readonly keepFiles: boolean },
  signal?: AbortSignal
): Promise<Action[]> {
  return inWorkDir(deps, async (dir) => {
    const files = await downloadCheckpoint(deps, checkpoint, dir, signal)
    const lines = join(dir, 'actions.ndjson')
    const kinds = options.keepFiles ? ['txn', 'metaData', 'protocol', 'add', 'remove'] : ['txn', 'metaData', 'protocol']
    await deps.duck.exclusive((db) => db.run(copyActions(files, kinds, lines)), signal)
    return (await readFile(lines, 'utf8'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Action)
  })
}

/**
 * Writes the checkpoint of a version from the one before and the commits since, all inside of DuckDB: the files of a
 * large table never have to fit into this process.
 */
export async function writeCheckpoint(deps: CheckpointDeps, version: number, signal?: AbortSignal): Promise<void> {
  await inWorkDir(deps, async (dir) => {
    const { store, duck, logDir } = deps
    const last = await readLastCheckpoint(deps, signal)
    if (last !== null && last.version >= version) return
    const inputs: string[] = []
    for (let commit = (last?.version ?? -1) + 1; commit <= version; commit++) {
      const path = join(dir, `${versionName(commit)}.json`)
      if (!(await store.download(`${logDir}/${versionName(commit)}.json`, path, signal))) {
        throw new Error(`checkpoint ${version} of ${logDir}: commit ${commit} is gone`)
      }
      inputs.push(path)
    }
    const output = join(dir, 'checkpoint.parquet')
    const size = await duck.exclusive(async (db) => {
      if (last !== null) {
        const path = join(dir, `${versionName(last.version)}.json`)
        const files = await downloadCheckpoint(deps, last, dir, signal)
        await db.run(copyActions(files, ['txn', 'metaData', 'protocol', 'add', 'remove'], path))
        inputs.push(path)
      }
      await db.run(copyState(inputs, deps.now() - tombstoneMs, output))
      const [row] = await db.rows(`SELECT count(*)::VARCHAR AS n FROM read_parquet(${sqlText(output)})`)
      return Number(row?.['n'])
    }, signal)
    await store.put(`${logDir}/${versionName(version)}.checkpoint.parquet`, await readFile(output), signal)
    await store.put(`${logDir}/_last_checkpoint`, Buffer.from(JSON.stringify({ version, size })), signal)
  })
}

async function inWorkDir<T>(deps: CheckpointDeps, work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(deps.workDir, 'checkpoint-'))
  try {
    return await work(dir)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function downloadCheckpoint(
  { store, logDir }: CheckpointDeps,
  { version, parts }: LastCheckpoint,
  dir: string,
  signal: AbortSignal | undefined
): Promise<string[]> {
  const count = parts ?? 1
  const files: string[] = []
  for (let part = 1; part <= count; part++) {
    const ending = parts === undefined ? '' : `.${ten(part)}.${ten(count)}`
    const name = `${versionName(version)}.checkpoint${ending}.parquet`
    const path = join(dir, name)
    if (!(await store.download(`${logDir}/${name}`, path, signal))) throw new Error(`${logDir}/${name} is gone`)
    files.push(path)
  }
  return files
}

function ten(n: number): string {
  return String(n).padStart(10, '0')
}

/** A checkpoint's rows as lines of JSON, so that what other engines add to their structs does not meet ours as types. */
function copyActions(files: readonly string[], kinds: readonly string[], output: string): string {
  const names = kinds.map((kind) => sqlName(kind))
  const rows = `SELECT ${names.join(', ')} FROM read_parquet(${sqlList(files)}, union_by_name = true)`
  return `COPY (${rows} WHERE ${names.map((kind) => `${kind} IS NOT NULL`).join(' OR ')}) TO ${sqlText(output)} (FORMAT json)`
}

const actionColumns = {
  txn: 'STRUCT("appId" VARCHAR, version BIGINT, "lastUpdated" BIGINT)',
  add: `STRUCT(path VARCHAR, "partitionValues" MAP(VARCHAR, VARCHAR), size BIGINT, "modificationTime" BIGINT,
    "dataChange" BOOLEAN, stats VARCHAR, tags MAP(VARCHAR, VARCHAR))`,
  remove: `STRUCT(path VARCHAR, "deletionTimestamp" BIGINT, "dataChange" BOOLEAN, "extendedFileMetadata" BOOLEAN,
    "partitionValues" MAP(VARCHAR, VARCHAR), size BIGINT)`,
  metaData: `STRUCT(id VARCHAR, name VARCHAR, description VARCHAR,
    format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), "schemaString" VARCHAR,
    "partitionColumns" VARCHAR[], configuration MAP(VARCHAR, VARCHAR), "createdTime" BIGINT)`,
  protocol: 'STRUCT("minReaderVersion" INTEGER, "minWriterVersion" INTEGER)'
}

/** The newest of everything (PROTOCOL.md, "Action Reconciliation"); the name of an input is its version. */
function copyState(inputs: readonly string[], oldestTombstoneMs: number, output: string): string {
  const columns = Object.entries(actionColumns).map(([name, type]) => `${sqlText(name)}: ${sqlText(type)}`)
  return `COPY (
    WITH actions AS (
      SELECT CAST(regexp_extract(filename, '([0-9]{20})[.]json$', 1) AS BIGINT) AS v, txn, remove, "metaData", protocol,
        CASE WHEN add IS NOT NULL THEN struct_update(add, "dataChange" := false) END AS add
      FROM read_json(${sqlList(inputs)}, format = 'newline_delimited', filename = true,
        columns = {${columns.join(', ')}}, maximum_object_size = 67108864)
    ),
    files AS (SELECT * FROM actions WHERE add IS NOT NULL OR remove IS NOT NULL
      QUALIFY row_number() OVER (PARTITION BY coalesce(add.path, remove.path) ORDER BY v DESC, add IS NULL) = 1),
    kept AS (${newest('protocol', 'true')} UNION ALL ${newest('metaData', 'true')}
      UNION ALL ${newest('txn', 'txn."appId"')}
      UNION ALL SELECT * FROM files WHERE add IS NOT NULL OR remove."deletionTimestamp" > ${oldestTombstoneMs})
    SELECT txn, add, remove, "metaData", protocol FROM kept
  ) TO ${sqlText(output)} (FORMAT parquet, COMPRESSION zstd)`
}

function newest(kind: string, key: string): string {
  return `SELECT * FROM actions WHERE "${kind}" IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY ${key} ORDER BY v DESC) = 1`
}
