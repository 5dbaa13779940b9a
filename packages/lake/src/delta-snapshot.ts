import { RefusedError } from '@sluice/events'
import type { Action, AddFile, MetaData, Protocol } from './delta-action.ts'
import type { DeltaSchema } from './delta-schema.ts'

/** What a table is at one version: the fold of its log. */
export interface Snapshot {
  /** -1: there is no table yet. */
  readonly version: number
  readonly metaData: MetaData | null
  readonly protocol: Protocol | null
  readonly txns: ReadonlyMap<string, number>
  /** By path; empty where the log was opened without files. */
  readonly files: ReadonlyMap<string, AddFile>
  /** By path, when each file was removed that readers of older versions may still want; empty where `files` is. */
  readonly removed: ReadonlyMap<string, number>
}

export const emptySnapshot: Snapshot = {
  version: -1,
  metaData: null,
  protocol: null,
  txns: new Map(),
  files: new Map(),
  removed: new Map()
}

/** The snapshot after one more commit, or after the actions of a checkpoint. */
export function applyActions(
  before: Snapshot,
  version: number,
  actions: readonly Action[],
  options: { readonly keepFiles: boolean }
): Snapshot {
  const txns = new Map(before.txns)
  // Files of a large table are many: they are copied only where they change.
  const changesFiles = options.keepFiles && actions.some(({ add, remove }) => (add ?? remove) != null)
  const files = changesFiles ? new Map(before.files) : (before.files as Map<string, AddFile>)
  const removed = changesFiles ? new Map(before.removed) : (before.removed as Map<string, number>)
  let { metaData, protocol } = before
  for (const action of actions) {
    if (action.txn != null) txns.set(action.txn.appId, action.txn.version)
    if (action.metaData != null) metaData = action.metaData
    if (action.protocol != null) protocol = action.protocol
    if (!changesFiles) continue
    if (action.remove != null) {
      files.delete(action.remove.path)
      // One that does not say when it was removed was removed just now.
      removed.set(action.remove.path, action.remove.deletionTimestamp ?? Infinity)
    }
    if (action.add != null) {
      files.set(action.add.path, action.add)
      removed.delete(action.add.path)
    }
  }
  return { version, metaData, protocol, txns, files, removed }
}

/** Refuses a table whose readers or writers must know more than this code does. */
export function checkProtocol(table: string, { version, protocol, metaData }: Snapshot): void {
  if (version < 0) return
  const { minReaderVersion, minWriterVersion } = protocol ?? { minReaderVersion: 0, minWriterVersion: 0 }
  if (minReaderVersion !== 1 || minWriterVersion !== 2) {
    throw new RefusedError([
      `table ${table}: expected Delta protocol (1, 2), found (${minReaderVersion}, ${minWriterVersion})`
    ])
  }
  if (metaData?.format.provider !== 'parquet') {
    throw new RefusedError([`table ${table}: expected files of parquet, found ${metaData?.format.provider}`])
  }
}

/** The schema of a table that is there. */
export function schemaOf(snapshot: Snapshot): DeltaSchema {
  if (snapshot.metaData === null) throw new Error('a table without metaData has no schema')
  return JSON.parse(snapshot.metaData.schemaString) as DeltaSchema
}
