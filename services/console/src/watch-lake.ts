import {
  openLakeReader,
  openObjectStore,
  type Action,
  type AddFile,
  type LakeReader,
  type ObjectStore,
  type ObjectStoreSettings
} from '@sluice/lake'
import { UnavailableError, type Log } from '@sluice/events'
import type { CommitRow, TableRow } from './wire.ts'

export interface WatchLakeDeps {
  readonly settings: ObjectStoreSettings
  readonly prefix: string
  readonly workDir: string
  readonly tables: readonly { readonly name: string; readonly title: string }[]
  readonly log: Log
  readonly now: () => number
}

/** A file of a table as its log tells it. */
export interface LakeFile {
  readonly add: AddFile
  readonly rows: number
  /** The commit that added it; null: older than the commits that were read. */
  readonly version: number | null
}

/** A record, and which life of its topic it lies in. */
export interface RecordSource {
  readonly topic: string
  readonly incarnation: string
  readonly partition: number
  readonly offset: bigint
}

interface Table {
  readonly name: string
  readonly title: string
  /** Null: not read yet; -1: not there. */
  version: number | null
  files: Map<string, LakeFile>
  txns: Map<string, number>
  commits: (CommitRow & { readonly txns: ReadonlyMap<string, number> })[]
  columns: { name: string; type: string }[]
  problem: string | null
}

export type Lake = ReturnType<typeof watchLake>

const rememberedCommits = 400
const firstSizePower = 10
const sizePowers = 21

/** Follows the Delta log of every table: what is in no commit does not exist. */
export function watchLake(deps: WatchLakeDeps) {
  const { prefix, log, now } = deps
  const store = openObjectStore({ ...deps.settings, attemptMs: 4_000 })
  const reader = openLakeReader({ store, prefix, workDir: deps.workDir, log, now })
  const tables = deps.tables.map(({ name, title }): Table => ({
    name,
    title,
    version: null,
    files: new Map(),
    txns: new Map(),
    commits: [],
    columns: [],
    problem: null
  }))
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
    rows: (): TableRow[] => tables.map((table) => rowOf(table, now())),
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

interface TableDeps {
  readonly store: ObjectStore
  readonly reader: LakeReader
  readonly prefix: string
}

async function refreshTable(table: Table, { store, reader, prefix }: TableDeps): Promise<void> {
  const logDir = `${prefix}/${table.name}/_delta_log`
  if (table.version === null || table.version < 0) {
    const snapshot = await reader.readSnapshot(table.name)
    if (snapshot === null) {
      table.version = -1
      return
    }
    table.files = new Map(snapshot.files.map((add) => [add.path, { add, rows: rowsOf(add), version: null }]))
    table.txns = new Map(snapshot.txns)
    table.columns = snapshot.schema.fields.map(({ name, type }) => ({
      name,
      type: typeof type === 'string' ? type : type.type
    }))
    table.version = snapshot.version
    for (let version = Math.max(0, snapshot.version - 20); version <= snapshot.version; version++) {
      const bytes = await store.get(`${logDir}/${nameOf(version)}`)
      if (bytes !== null) remember(table, version, readActions(bytes))
    }
    return
  }
  const names = await store.list(logDir, { after: nameOf(table.version) })
  for (const name of names) {
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
    for (const { add, remove, txn, metaData } of actions) {
      if (add != null) table.files.set(add.path, { add, rows: rowsOf(add), version })
      if (remove != null) table.files.delete(remove.path)
      if (txn != null) table.txns.set(txn.appId, txn.version)
      if (metaData != null) {
        const { fields } = JSON.parse(metaData.schemaString) as {
          fields: { name: string; type: string | { type: string } }[]
        }
        table.columns = fields.map(({ name: column, type }) => ({
          name: column,
          type: typeof type === 'string' ? type : type.type
        }))
      }
    }
    remember(table, version, actions)
    table.version = version
  }
}

/** Keeps a commit for the page, and for whoever asks which commit brought a file. */
function remember(table: Table, version: number, actions: readonly Action[]): void {
  const adds = actions.flatMap(({ add }) => add ?? [])
  for (const add of adds) if (table.files.has(add.path)) table.files.set(add.path, { add, rows: rowsOf(add), version })
  table.commits.push({
    version,
    atMs: actions.find(({ commitInfo }) => commitInfo?.timestamp !== undefined)?.commitInfo?.timestamp ?? 0,
    rows: adds.reduce((sum, add) => sum + rowsOf(add), 0),
    bytes: adds.reduce((sum, { size }) => sum + size, 0),
    files: adds.length,
    txns: new Map(actions.flatMap(({ txn }) => (txn == null ? [] : [[txn.appId, txn.version] as const])))
  })
  if (table.commits.length > rememberedCommits) table.commits.shift()
}

function rowOf(table: Table, nowMs: number): TableRow {
  const { name, title, version, commits, columns, problem } = table
  const isThere = version !== null && version >= 0
  const files = [...table.files.values()]
  const sizes = files.map(({ add }) => add.size).toSorted((a, b) => a - b)
  const data = commits.filter(({ files: n }) => n > 0)
  const recent = commits.filter(({ atMs }) => atMs > nowMs - 600_000)
  const spanMs = Math.min(600_000, nowMs - (commits[0]?.atMs ?? nowMs))
  return {
    name,
    title,
    version,
    rows: isThere ? files.reduce((sum, { rows }) => sum + rows, 0) : null,
    files: isThere ? files.length : null,
    bytes: isThere ? sizes.reduce((a, b) => a + b, 0) : null,
    medianBytes: sizes[Math.floor(sizes.length / 2)] ?? null,
    smallTenthBytes: sizes[Math.floor(sizes.length / 10)] ?? null,
    lastCommitMs: data.at(-1)?.atMs ?? commits.at(-1)?.atMs ?? null,
    commitsPerMinute: spanMs < 60_000 ? null : (recent.length * 60_000) / spanMs,
    newestEvent: newestOf(files),
    histogram: Array.from({ length: sizePowers }, (_, i) => sizes.filter((size) => powerOf(size) === i).length),
    commits: commits
      .slice(-20)
      .toReversed()
      .map(({ version: number, atMs, rows, bytes, files: added }) => ({
        version: number,
        atMs,
        rows,
        bytes,
        files: added
      })),
    days: daysOf(files),
    columns,
    problem
  }
}

function powerOf(size: number): number {
  return Math.min(sizePowers - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, size))) - firstSizePower))
}

function daysOf(files: readonly LakeFile[]): TableRow['days'] {
  const byDay = Map.groupBy(files, ({ add }) => add.partitionValues['event_date'] ?? '')
  return [...byDay]
    .map(([day, some]) => ({
      day,
      rows: some.reduce((sum, { rows }) => sum + rows, 0),
      files: some.length,
      bytes: some.reduce((sum, { add }) => sum + add.size, 0)
    }))
    .toSorted((a, b) => (a.day < b.day ? 1 : -1))
    .slice(0, 60)
}

function newestOf(files: readonly LakeFile[]): string | null {
  const texts = files
    .map(({ add }) => statsOf(add).maxValues?.['event_time'])
    .filter((value) => typeof value === 'string')
  return texts.toSorted().at(-1) ?? null
}

interface Stats {
  readonly numRecords?: number
  readonly minValues?: Readonly<Record<string, unknown>>
  readonly maxValues?: Readonly<Record<string, unknown>>
}

const parsedStats = new WeakMap<AddFile, Stats>()

function statsOf(add: AddFile): Stats {
  const known = parsedStats.get(add)
  if (known !== undefined) return known
  const { numRecords, minValues, maxValues } = JSON.parse(add.stats ?? '{}') as Stats
  const pick = (values: Stats['minValues']) => ({
    event_time: values?.['event_time'],
    kafka_partition: values?.['kafka_partition'],
    kafka_offset: values?.['kafka_offset']
  })
  const stats = {
    ...(numRecords !== undefined && { numRecords }),
    minValues: pick(minValues),
    maxValues: pick(maxValues)
  }
  parsedStats.set(add, stats)
  return stats
}

function rowsOf(add: AddFile): number {
  return statsOf(add).numRecords ?? 0
}

function mayHold(add: AddFile, partition: number, offset: number): boolean {
  const { minValues, maxValues } = statsOf(add)
  const within = (name: string, value: number) =>
    Number(minValues?.[name] ?? -Infinity) <= value && value <= Number(maxValues?.[name] ?? Infinity)
  return within('kafka_partition', partition) && within('kafka_offset', offset)
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
