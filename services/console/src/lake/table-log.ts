import type { Action, AddFile, LakeReader, ObjectStore } from '@sluice/lake'
import type { CommitRow, TableRow } from '../wire/storage.ts'
import { rowsOf } from './file-stats.ts'

/** A file of a table as its log tells it. */
export interface LakeFile {
  readonly add: AddFile
  readonly rows: number
  /** The commit that added it; null: older than the commits that were read. */
  readonly version: number | null
}

/** What the console knows of one table, from its log alone. */
export interface TableLog {
  readonly name: string
  readonly title: string
  /** Null: not read yet; -1: not there. */
  version: number | null
  files: Map<string, LakeFile>
  txns: Map<string, number>
  commits: (CommitRow & { readonly txns: ReadonlyMap<string, number> })[]
  columns: TableRow['columns']
  problem: string | null
}

export interface LogDeps {
  readonly store: ObjectStore
  readonly reader: LakeReader
  readonly prefix: string
}

const rememberedCommits = 400
const firstReadCommits = 20

export function emptyTable(name: string, title: string): TableLog {
  return {
    name,
    title,
    version: null,
    files: new Map(),
    txns: new Map(),
    commits: [],
    columns: [],
    problem: null
  }
}

/** Reads what is new in the log of a table. */
export async function refreshTable(table: TableLog, deps: LogDeps): Promise<void> {
  if (table.version === null || table.version < 0) return readWhole(table, deps)
  const { store } = deps
  const logDir = logDirOf(table, deps)
  for (const name of await store.list(logDir, { after: nameOf(table.version) })) {
    const version = Number(/^(\d{20})\.json$/.exec(name)?.[1] ?? NaN)
    if (Number.isNaN(version) || version <= table.version) continue
    if (version !== table.version + 1) {
      // Commits between were cleaned up: what is there now is read anew.
      table.version = null
      return
    }
    const bytes = await store.get(`${logDir}/${name}`)
    if (bytes === null) return
    const actions = readActions(bytes)
    for (const { add, remove, txn } of actions) {
      if (add != null) table.files.set(add.path, { add, rows: rowsOf(add), version })
      if (remove != null) table.files.delete(remove.path)
      if (txn != null) table.txns.set(txn.appId, txn.version)
    }
    remember(table, version, actions)
    table.version = version
  }
}

async function readWhole(table: TableLog, deps: LogDeps): Promise<void> {
  const snapshot = await deps.reader.readSnapshot(table.name)
  if (snapshot === null) {
    table.version = -1
    return
  }
  table.files = new Map(snapshot.files.map((add) => [add.path, { add, rows: rowsOf(add), version: null }]))
  table.txns = new Map(snapshot.txns)
  table.commits = []
  table.columns = []
  for (let version = Math.max(0, snapshot.version - firstReadCommits); version <= snapshot.version; version++) {
    const bytes = await deps.store.get(`${logDirOf(table, deps)}/${nameOf(version)}`)
    if (bytes !== null) remember(table, version, readActions(bytes))
  }
  const added = new Map(table.columns.map(({ name, since }) => [name, since]))
  table.columns = columnsOf(snapshot.schema.fields, (name) => added.get(name) ?? null)
  table.version = snapshot.version
}

/** Keeps a commit for the page, and for whoever asks which commit brought a file. */
function remember(table: TableLog, version: number, actions: readonly Action[]): void {
  const adds = actions.flatMap(({ add }) => add ?? [])
  for (const add of adds) if (table.files.has(add.path)) table.files.set(add.path, { add, rows: rowsOf(add), version })
  for (const { metaData } of actions) if (metaData != null) noteColumns(table, version, metaData.schemaString)
  const info = actions.find(({ commitInfo }) => commitInfo?.timestamp !== undefined)?.commitInfo
  const metric = (name: string): number | null => {
    const text = info?.operationMetrics?.[name]
    return text === undefined || !/^\d+$/.test(text) ? null : Number(text)
  }
  table.commits.push({
    version,
    atMs: info?.timestamp ?? 0,
    rows: adds.reduce((sum, add) => sum + rowsOf(add), 0),
    bytes: adds.reduce((sum, { size }) => sum + size, 0),
    files: adds.length,
    tookMs: metric('executionTimeMs'),
    conflicts: metric('numRetries'),
    txns: new Map(actions.flatMap(({ txn }) => (txn == null ? [] : [[txn.appId, txn.version] as const])))
  })
  if (table.commits.length > rememberedCommits) table.commits.shift()
}

/** Which commit added a column can be told where the schema before it is known, or there was none. */
function noteColumns(table: TableLog, version: number, schemaString: string): void {
  const { fields } = JSON.parse(schemaString) as { fields: Field[] }
  const known = new Map(table.columns.map(({ name, since }) => [name, since]))
  const isFirstSeen = known.size === 0 && version > 0
  table.columns = columnsOf(fields, (name) => (known.has(name) ? known.get(name)! : isFirstSeen ? null : version))
}

interface Field {
  readonly name: string
  readonly type: string | { readonly type: string }
}

function columnsOf(fields: readonly Field[], since: (name: string) => number | null): TableRow['columns'] {
  return fields.map(({ name, type }) => ({
    name,
    type: typeof type === 'string' ? type : type.type,
    since: since(name)
  }))
}

function logDirOf({ name }: TableLog, { prefix }: LogDeps): string {
  return `${prefix}/${name}/_delta_log`
}

function readActions(bytes: Buffer): Action[] {
  return bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Action)
}

function nameOf(version: number): string {
  return `${String(version).padStart(20, '0')}.json`
}
