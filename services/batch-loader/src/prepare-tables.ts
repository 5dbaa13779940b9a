import { RefusedError, type Log } from '@sluice/events'
import {
  creationActions,
  incarnationsOf,
  positionActions,
  positionOf,
  schemaActions,
  type Action,
  type DeltaTable,
  type Position,
  type Snapshot,
  type Source,
  type TableSpec
} from '@sluice/lake'
import { sourceKey, type Cursor, type TableState } from './table-state.ts'

export interface PrepareDeps {
  readonly tables: readonly { readonly spec: TableSpec; readonly sources: readonly Source[] }[]
  readonly openTable: (spec: TableSpec) => DeltaTable
  /** First offset that a partition still has, by `sourceKey`. */
  readonly logStarts: ReadonlyMap<string, bigint>
  /** Whether a table that knows another life of a topic may go on with this one. */
  readonly acceptNewLog: boolean
  /** Called after each table: many of them on a slow S3 are no stall. */
  readonly tick: () => void
  readonly log: Log
  readonly now: () => number
  readonly newId: () => string
}

/**
 * Makes every table exist and hold a position for every partition, before any record is read: a table that came into
 * being later would not know what its predecessors had passed by. Throws RefusedError where a table knows only another
 * life of a topic.
 */
export async function prepareTables(deps: PrepareDeps, signal?: AbortSignal): Promise<readonly TableState[]> {
  const opened = deps.tables.map(({ spec, sources }) => ({ spec, sources, delta: deps.openTable(spec) }))
  for (const { delta } of opened) {
    await delta.refresh(signal)
    deps.tick()
  }
  const problems = opened.flatMap(({ delta, sources }) => incarnationProblems(delta, sources))
  if (problems.length > 0 && !deps.acceptNewLog) throw new RefusedError(problems)
  for (const problem of problems) deps.log.warn({ problem }, 'new log accepted')
  const lowest = lowestPositions(opened, deps.logStarts)
  const states: TableState[] = []
  for (const { spec, sources, delta } of opened) {
    await completeTable(deps, spec, sources, delta, lowest, signal)
    deps.tick()
    const cursors = sources.map((source) => [sourceKey(source), cursorAt(delta.snapshot, source)] as const)
    states.push({ spec, delta, cursors: new Map(cursors) })
  }
  return states
}

/** A table may hold many lives of a topic, but it must hold this one or nothing at all. */
function incarnationProblems({ name, snapshot }: DeltaTable, sources: readonly Source[]): string[] {
  if (snapshot.version < 0) return []
  const topics = new Map(sources.map(({ topic, incarnation }) => [topic, incarnation]))
  const problems: string[] = []
  for (const [topic, incarnation] of topics) {
    const known = incarnationsOf(snapshot, topic)
    if (known.has(incarnation)) continue
    const found = known.size === 0 ? 'none' : [...known].join(', ')
    problems.push(
      `table ${name}: expected positions in ${topic} of incarnation ${incarnation}, found ${found}: ` +
        'the log is not the one that the table was loaded from; ACCEPT_NEW_LOG=true adds this one to what is there'
    )
  }
  return problems
}

/** For each partition the lowest position of the tables that have one; else where its log starts. */
function lowestPositions(
  opened: readonly { readonly delta: DeltaTable; readonly sources: readonly Source[] }[],
  logStarts: ReadonlyMap<string, bigint>
): ReadonlyMap<string, Position> {
  const lowest = new Map<string, Position>()
  for (const { delta, sources } of opened) {
    for (const source of sources) {
      const position = positionOf(delta.snapshot, source)
      const known = lowest.get(sourceKey(source))
      if (position !== null && (known === undefined || position.next < known.next)) {
        lowest.set(sourceKey(source), position)
      }
    }
  }
  for (const [key, next] of logStarts) if (!lowest.has(key)) lowest.set(key, { next, origin: -1n })
  return lowest
}

async function completeTable(
  deps: PrepareDeps,
  spec: TableSpec,
  sources: readonly Source[],
  delta: DeltaTable,
  lowest: ReadonlyMap<string, Position>,
  signal: AbortSignal | undefined
): Promise<void> {
  const id = deps.newId()
  const committed = await delta.commit(
    {
      id,
      operation: delta.snapshot.version < 0 ? 'CREATE TABLE' : 'STREAMING UPDATE',
      plan: (snapshot) => missingActions(deps, spec, sources, lowest, snapshot, id)
    },
    signal
  )
  if (committed !== null) deps.log.info({ table: spec.name, version: committed.version }, 'table prepared')
}

function missingActions(
  deps: PrepareDeps,
  spec: TableSpec,
  sources: readonly Source[],
  lowest: ReadonlyMap<string, Position>,
  snapshot: Snapshot,
  id: string
): Action[] | null {
  const nowMs = deps.now()
  const actions = snapshot.version < 0 ? creationActions(spec, { id, nowMs }) : schemaActions(spec, snapshot)
  for (const source of sources) {
    if (positionOf(snapshot, source) !== null) continue
    actions.push(...positionActions(source, lowestOf(lowest, source), nowMs))
  }
  return actions.length === 0 ? null : actions
}

function lowestOf(lowest: ReadonlyMap<string, Position>, source: Source): Position {
  const position = lowest.get(sourceKey(source))
  if (position === undefined) throw new Error(`nobody says where ${sourceKey(source)} starts`)
  return position
}

function cursorAt(snapshot: Snapshot, source: Source): Cursor {
  const position = positionOf(snapshot, source)
  if (position === null) throw new Error(`a prepared table has no position in ${sourceKey(source)}`)
  return { source, base: position, next: position, aheadSinceMs: null }
}
