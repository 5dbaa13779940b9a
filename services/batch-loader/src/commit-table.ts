import { readFile } from 'node:fs/promises'
import { crashPoint } from '@sluice/events'
import {
  addAction,
  dataFilePath,
  isSamePosition,
  positionActions,
  positionOf,
  schemaActions,
  type Action,
  type DataFile,
  type ObjectStore,
  type Snapshot
} from '@sluice/lake'
import type { Move } from './generation.ts'
import type { TableState } from './table-state.ts'

/** One commit to one table, made once and tried until it is decided. */
export interface TableCommit {
  readonly id: string
  readonly beganMs: number
  readonly table: TableState
  readonly moves: readonly Move[]
  readonly files: readonly NamedFile[]
}

export interface NamedFile {
  readonly file: DataFile
  /** Below the table. */
  readonly path: string
  isStored: boolean
}

export interface CommitDeps {
  readonly store: ObjectStore
  readonly now: () => number
  readonly newId: () => string
}

export function planCommit(
  { newId, now }: CommitDeps,
  table: TableState,
  moves: readonly Move[],
  files: readonly DataFile[]
): TableCommit {
  const named = files.map((file) => ({ file, path: dataFilePath(file, newId()), isStored: false }))
  return { id: newId(), beganMs: now(), table, moves, files: named }
}

/**
 * Stores the files and commits them together with the positions. `stale`: somebody else has moved one of them, so all
 * of it is discarded; the files stay where they are, because the commit that they lost to may be this very one, with
 * its answer lost. Throws UnavailableError; the same commit may then be tried again.
 */
export async function commitTable(
  { store, now }: CommitDeps,
  { id, beganMs, table, moves, files }: TableCommit,
  signal?: AbortSignal
): Promise<'committed' | 'stale'> {
  const { delta, spec } = table
  for (const named of files) {
    if (named.isStored) continue
    crashPoint('data-unsaved')
    await store.put(`${delta.location}/${named.path}`, await readFile(named.file.localPath), signal)
    crashPoint('data-saved')
    named.isStored = true
  }
  const plan = (snapshot: Snapshot): readonly Action[] | null => {
    if (!moves.every(({ source, from }) => isSamePosition(positionOf(snapshot, source), from))) return null
    const nowMs = now()
    return [
      ...schemaActions(spec, snapshot),
      ...moves.flatMap(({ source, to }) => positionActions(source, to, nowMs)),
      ...files.map(({ file, path }) => addAction(file, path, nowMs))
    ]
  }
  const committed = await delta.commit({ id, operation: 'STREAMING UPDATE', beganMs, plan }, signal)
  return committed === null ? 'stale' : 'committed'
}
