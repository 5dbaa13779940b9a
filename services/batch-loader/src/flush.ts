import type { Contracts } from '@sluice/contracts'
import type { SinkRecord } from '@sluice/kafka'
import { deadLetters, type DataFile, type ObjectStore, type ParquetWriter } from '@sluice/lake'
import { commitTable, planCommit } from './commit-table.ts'
import { unloadableLine } from './dead-letter-line.ts'
import type { Generation, Move } from './generation.ts'
import type { Unloadable } from './sift-lines.ts'
import { stageTable } from './stage-table.ts'
import { sourceKey, type TableState } from './table-state.ts'

export interface FlushDeps {
  readonly contracts: Contracts
  readonly tables: readonly TableState[]
  readonly writer: ParquetWriter
  readonly store: ObjectStore
  /** Records of the enriched topic at the given offsets, read again. */
  readonly fetchRecords: (partition: number, offsets: readonly bigint[], signal: AbortSignal) => Promise<SinkRecord[]>
  /** Runs a step until it does not fail for an outage. */
  readonly retry: <T>(step: string, work: () => Promise<T>) => Promise<T>
  readonly service: { readonly name: string; readonly version: string }
  readonly now: () => number
  readonly newId: () => string
}

/** What became of one table. */
export interface Flushed {
  readonly table: TableState
  readonly outcome: 'committed' | 'stale'
  readonly moves: readonly Move[]
  readonly rows: number
  /** When the collector took in the oldest event of it; null: not known. */
  readonly oldestMs: number | null
}

/** Called as soon as a table is decided. */
export type OnFlushed = (flushed: Flushed) => void

interface StagedTable {
  readonly table: TableState
  readonly files: readonly DataFile[]
  readonly unloadable: readonly Unloadable[]
}

/**
 * Brings a generation into the lake: Parquet first, then a commit per table. Rows that cannot be loaded are committed
 * to `dead_letters` before their own table passes them by; in the other order, a crash between the two would lose them.
 */
export async function flush(
  deps: FlushDeps,
  generation: Generation,
  onUnloadable: (table: TableState, rows: readonly Unloadable[]) => void,
  onFlushed: OnFlushed,
  signal: AbortSignal
): Promise<void> {
  const staged: StagedTable[] = []
  for (const table of deps.tables) {
    if (table.spec.name !== deadLetters.name) staged.push(await stage(deps, generation, table, signal))
  }
  const unloadable = staged.filter((table) => table.unloadable.length > 0)
  for (const { table, unloadable: rows } of unloadable) {
    onUnloadable(table, rows)
    await spoolUnloadable(deps, generation, table, rows, signal)
  }
  const letters = deps.tables.find(({ spec }) => spec.name === deadLetters.name)
  if (letters === undefined) throw new Error('there is no table dead_letters')
  staged.unshift(await stage(deps, generation, letters, signal))
  let mustDiscard = false
  for (const { table, files } of staged) {
    const moves = generation.moves.get(table.spec.name) ?? []
    const rows = files.reduce((sum, file) => sum + file.rows, 0)
    if (rows > 0 && moves.length === 0) throw new Error(`table ${table.spec.name} has rows of no partition`)
    if (moves.length === 0 || (rows === 0 && !generation.lagging.has(table.spec.name) && !hasBad(unloadable, table))) {
      continue
    }
    const commit = planCommit(deps, table, moves, files)
    const outcome = mustDiscard
      ? 'stale'
      : await deps.retry(`commit ${table.spec.name}`, () => commitTable(deps, commit, signal))
    if (table === letters && outcome === 'stale' && unloadable.length > 0) mustDiscard = true
    onFlushed({ table, outcome, moves, rows, oldestMs: oldestOf(files) })
  }
}

function oldestOf(files: readonly DataFile[]): number | null {
  const times = files.map(({ stats }) => {
    const { minValues } = JSON.parse(stats) as { minValues: { received_at?: string } }
    return Date.parse(minValues.received_at ?? '')
  })
  const oldest = Math.min(...times.filter((time) => !Number.isNaN(time)))
  return Number.isFinite(oldest) ? oldest : null
}

/** A table all of whose rows were bad has moved all the same. */
function hasBad(unloadable: readonly StagedTable[], table: TableState): boolean {
  return unloadable.some((staged) => staged.table === table)
}

async function stage(
  deps: FlushDeps,
  { spool }: Generation,
  table: TableState,
  signal: AbortSignal
): Promise<StagedTable> {
  const { name } = table.spec
  if (spool.rowsOf(name) === 0) return { table, files: [], unloadable: [] }
  await spool.drain({ all: true })
  const inputs = spool.files(name)
  const contract = deps.contracts.all.find((contract) => contract.table === name)
  if (contract === undefined) {
    // Lines of dead letters are made by us: whatever is wrong with them is a bug.
    const { files } = await deps.writer.write(table.spec, inputs, spool.dir, signal)
    return { table, files, unloadable: [] }
  }
  return { table, ...(await stageTable(deps, table.spec, contract, inputs, spool.dir, signal)) }
}

/** Adds rows that cannot be loaded to the dead letters of this generation, unless an earlier life has stored them. */
async function spoolUnloadable(
  deps: FlushDeps,
  { spool }: Generation,
  { spec, cursors }: TableState,
  rows: readonly Unloadable[],
  signal: AbortSignal
): Promise<void> {
  const contract = deps.contracts.all.find(({ table }) => table === spec.name)
  const by = {
    contract: contract === undefined ? null : `${contract.name}:${contract.version}`,
    service: deps.service.name,
    version: deps.service.version,
    rawTopic: deps.contracts.topics.raw.name
  }
  const letters = deps.tables.find((table) => table.spec.name === deadLetters.name)
  for (const { source } of cursors.values()) {
    const stored = letters?.cursors.get(sourceKey(source))?.base.next ?? 0n
    const own = rows.filter(({ partition, offset }) => partition === source.partition && offset >= stored)
    if (own.length === 0) continue
    const records = await deps.retry('read records again', () =>
      deps.fetchRecords(
        source.partition,
        own.map(({ offset }) => offset),
        signal
      )
    )
    if (records.length !== own.length) throw new Error(`records of ${sourceKey(source)} are not in the log any more`)
    const problems = new Map(own.map(({ offset, problem }) => [offset, problem]))
    const append = spool.appender(deadLetters.name, source, deps.now())
    for (const record of records) append(unloadableLine(record, problems.get(record.offset)!, by))
  }
}
