import type { Log } from '@sluice/events'
import type { Snapshot } from './delta-snapshot.ts'
import { openDeltaTable } from './delta-table.ts'
import type { Duck } from './duck.ts'
import type { ListedObject, SweeperStore } from './sweeper-store.ts'

export interface SweepDeps {
  readonly store: SweeperStore
  readonly duck: Duck
  readonly log: Log
  readonly now: () => number
  /** Local folder for what is in hand. */
  readonly workDir: string
  /** Folder of the tables within the bucket: `bronze`. */
  readonly prefix: string
}

export interface SweepOptions {
  /** What is younger, by S3's clock, stays. Below `youngestSweptMs` only on a lake that nobody loads. */
  readonly olderThanMs: number
  /** Looks, and deletes nothing. */
  readonly isDryRun: boolean
}

/** What became of one table. */
export interface SweptTable {
  readonly table: string
  /** Data files that lie below it, listed in the log or not. */
  readonly found: number
  /** Those that were deleted, or would be; paths below the table. */
  readonly deleted: readonly { readonly path: string; readonly bytes: number }[]
  /** Why it was left as it is, or only partly swept; null: all is well. */
  readonly problem: string | null
}

export interface SweptLake {
  readonly tables: readonly SweptTable[]
  /** Keys of multipart uploads that were aborted, or would be; the batch loader opens none. */
  readonly uploads: { readonly aborted: readonly string[]; readonly problem: string | null }
}

/**
 * A file may be stored now and committed a little later. A loader stores anew what has waited for its commit for half an
 * hour, and S3 takes no request that was signed more than a quarter of an hour ago: so nothing of this age is committed.
 */
export const youngestSweptMs = 3_600_000

const day = 24 * 3_600_000
/** Delta's default for `delta.deletedFileRetentionDuration`, and how long our checkpoints remember a removed file. */
const retentionMs = 7 * day

/** Deletes the data files below a lake's tables that no log names, and aborts uploads left open. Throws UnavailableError. */
export async function sweepLake(deps: SweepDeps, options: SweepOptions, signal?: AbortSignal): Promise<SweptLake> {
  const tables: SweptTable[] = []
  for (const table of await deps.store.listDirectories(deps.prefix, signal)) {
    tables.push(await sweepTable(deps, table, options, signal))
  }
  return { tables, uploads: await sweepUploads(deps, options, signal) }
}

async function sweepTable(
  deps: SweepDeps,
  table: string,
  { olderThanMs, isDryRun }: SweepOptions,
  signal?: AbortSignal
): Promise<SweptTable> {
  const location = `${deps.prefix}/${table}`
  const deleted: { path: string; bytes: number }[] = []
  let found = 0
  try {
    // First the files, then the log: what is committed between the two is named by the log. The other way round a file
    // could be missing in the log and there in the listing, and would be taken for an orphan.
    const files = await listDataFiles(deps.store, location, signal)
    found = files.length
    const snapshot = await openDeltaTable(deps, { name: table, location, keepFiles: true }).refresh(signal)
    const named = namedFiles(snapshot, deps.now())
    for (const { key, bytes, ageMs } of files) {
      const path = key.slice(location.length + 1)
      if (ageMs < olderThanMs || named.has(path)) continue
      if (!isDryRun) await deps.store.delete(key, signal)
      deleted.push({ path, bytes })
    }
    return { table, found, deleted, problem: null }
  } catch (error) {
    signal?.throwIfAborted()
    return { table, found, deleted, problem: error instanceof Error ? error.message : String(error) }
  }
}

/** Parquet below a table, but not in folders of Delta's own: `_delta_log`, `_change_data` and whatever begins so. */
async function listDataFiles(store: SweeperStore, directory: string, signal?: AbortSignal): Promise<ListedObject[]> {
  const { objects, directories } = await store.listEntries(directory, signal)
  const files = objects.filter(({ key }) => key.endsWith('.parquet'))
  for (const name of directories.filter((name) => !/^[_.]/.test(name))) {
    files.push(...(await listDataFiles(store, `${directory}/${name}`, signal)))
  }
  return files
}

/** Files that a reader of this version may want, or of one within the retention. Throws where that cannot be told. */
function namedFiles({ version, metaData, files, removed }: Snapshot, nowMs: number): ReadonlySet<string> {
  if (version < 0) throw new Error('there is no log: this is no table, or it has lost its log')
  const retention = metaData?.configuration['delta.deletedFileRetentionDuration']
  if (retention !== undefined && !/^(interval )?(7 days|1 weeks?|168 hours)$/i.test(retention)) {
    throw new Error(`delta.deletedFileRetentionDuration: expected 7 days, found ${retention}`)
  }
  const named = new Set<string>()
  const name = (path: string): void => {
    checkPath(path)
    // URL-encoded by the protocol; some writers forget that.
    named.add(path).add(decodeURIComponent(path))
  }
  for (const path of files.keys()) name(path)
  for (const [path, removedMs] of removed) if (nowMs - removedMs < retentionMs) name(path)
  return named
}

function checkPath(path: string): void {
  if (path.startsWith('/') || /^[a-z][a-z0-9+.-]*:/i.test(path)) {
    throw new Error(`expected paths below the table, found ${path}`)
  }
}

async function sweepUploads(
  { store, prefix }: SweepDeps,
  { olderThanMs, isDryRun }: SweepOptions,
  signal?: AbortSignal
): Promise<SweptLake['uploads']> {
  const aborted: string[] = []
  try {
    for (const upload of await store.listUploads(prefix, signal)) {
      if (upload.ageMs < olderThanMs) continue
      if (!isDryRun) await store.abortUpload(upload, signal)
      aborted.push(upload.key)
    }
    return { aborted, problem: null }
  } catch (error) {
    signal?.throwIfAborted()
    return { aborted, problem: error instanceof Error ? error.message : String(error) }
  }
}
