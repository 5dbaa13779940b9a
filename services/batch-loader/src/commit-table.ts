import { readFile } from 'node:fs/promises'
import { crashPoint, UnavailableError } from '@sluice/events'
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
  path: string
  /** Null: it is not. */
  storedMs: number | null
}

export interface CommitDeps {
  readonly store: ObjectStore
  readonly now: () => number
  readonly newId: () => string
}

/** A sweep may delete what no commit has named for an hour (`youngestSweptMs` in `packages/lake`). */
const longestStoredMs = 1_800_000

export function planCommit(
  { newId, now }: CommitDeps,
  table: TableState,
  moves: readonly Move[],
  files: readonly DataFile[]
): TableCommit {
  const named = files.map((file) => ({ file, path: dataFilePath(file, newId()), storedMs: null }))
  return { id: newId(), beganMs: now(), table, moves, files: named }
}

/**
 * Stores the files and commits them together with the positions. `stale`: somebody else has moved one of them, so all
 * of it is discarded; the files stay where they are, because the commit that they lost to may be this very one, with
 * its answer lost. Throws UnavailableError; the same commit may then be tried again.
 */
export async function commitTable(
  { store, now, newId }: CommitDeps,
  { id, beganMs, table, moves, files }: TableCommit,
  signal?: AbortSignal
): Promise<'committed' | 'stale'> {
  const { delta, spec } = table
  for (const named of files) {
    if (named.storedMs !== null && !isOld(named)) continue
    if (named.storedMs !== null) named.path = dataFilePath(named.file, newId())
    crashPoint('data-unsaved')
    await store.put(`${delta.location}/${named.path}`, await readFile(named.file.localPath), signal)
    crashPoint('data-saved')
    named.storedMs = now()
  }
  const plan = (snapshot: Snapshot): readonly Action[] | null => {
    if (!moves.every(({ source, from }) => isSamePosition(positionOf(snapshot, source), from))) return null
    if (files.some(isOld))
      throw new UnavailableError('s3', `s3: table ${spec.name}: its files have waited for too long`)
    const nowMs = now()
    return [
      ...schemaActions(spec, snapshot),
      ...moves.flatMap(({ source, to }) => positionActions(source, to, nowMs)),
      ...files.map(({ file, path }) => addAction(file, path, nowMs))
    ]
  }
  const committed = await delta.commit({ id, operation: 'STREAMING UPDATE', beganMs, plan }, signal)
  return committed === null ? 'stale' : 'committed'

  /** An outage, or a process that was asleep: it may have been swept, so it is stored anew under another name. */
  function isOld({ storedMs }: NamedFile): boolean {
    return Math.abs(now() - (storedMs ?? now())) > longestStoredMs
  }
}
