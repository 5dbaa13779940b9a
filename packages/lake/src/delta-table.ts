import type { Log } from '@sluice/events'
import { crashPoint, UnavailableError } from '@sluice/events'
import { setTimeout as sleep } from 'node:timers/promises'
import { readCheckpoint, readLastCheckpoint, writeCheckpoint, type CheckpointDeps } from './checkpoint.ts'
import { commitVersion, parseActions, printActions, versionName, type Action } from './delta-action.ts'
import { applyActions, checkProtocol, emptySnapshot, type Snapshot } from './delta-snapshot.ts'
import type { Duck } from './duck.ts'
import type { ObjectStore } from './object-store.ts'

export interface DeltaTableDeps {
  readonly store: ObjectStore
  readonly duck: Duck
  readonly log: Log
  readonly now: () => number
  /** Local folder for what is in hand. */
  readonly workDir: string
}

export interface DeltaTableOptions {
  readonly name: string
  /** Within the bucket: `bronze/flight_scheduled_v1`. */
  readonly location: string
  /** Whether snapshots list the files. A writer need not know them. */
  readonly keepFiles: boolean
  /** A checkpoint is written at every so many commits. Default 50. */
  readonly checkpointInterval?: number
}

/** One Delta table: what it is now, and the next commit. */
export interface DeltaTable {
  readonly name: string
  readonly location: string
  /** Reads what is new in the log. */
  refresh(signal?: AbortSignal): Promise<Snapshot>
  /** As of the last refresh or commit. */
  readonly snapshot: Snapshot
  /**
   * Commits what `plan` says, asked again at every attempt with the snapshot that this attempt builds on; null from it
   * gives up, and so does null here. The same `id` again is the same commit: it is found in the log if it is there.
   */
  commit(commit: Commit, signal?: AbortSignal): Promise<{ readonly version: number } | null>
}

export interface Commit {
  /** Unique. */
  readonly id: string
  readonly operation: string
  /** When the work on it began, its files included, on the clock of `now`. Default: when it is handed over. */
  readonly beganMs?: number
  readonly plan: (snapshot: Snapshot) => readonly Action[] | null
}

const maxAttempts = 200
const rememberedCommits = 1000
const parallelReads = 8

/** Opens a table; nothing is read yet. */
export function openDeltaTable(deps: DeltaTableDeps, options: DeltaTableOptions): DeltaTable {
  const { store, log, now } = deps
  const { name, location, keepFiles, checkpointInterval = 50 } = options
  const logDir = `${location}/_delta_log`
  const checkpointing: CheckpointDeps = { store, duck: deps.duck, logDir, workDir: deps.workDir, now }
  const seen = new Map<string, number>()
  let snapshot = emptySnapshot
  let last: Promise<unknown> = Promise.resolve()

  /** One thing at a time: a refresh that ends late must not undo a commit. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }

  async function readLog(signal?: AbortSignal): Promise<Snapshot> {
    const known = snapshot
    const next = known.version < 0 ? null : await readForward(known, signal)
    // The first time; or a hole: the commits that would follow were cleaned up after a newer checkpoint. Start from that.
    snapshot = next ?? (await readForward(await loadCheckpoint(signal), signal)) ?? hole(name, logDir)
    if (snapshot.version < known.version) {
      // The bucket was lost, or an old copy of it restored: what we have seen in it never happened.
      log.error({ table: name, known: known.version, found: snapshot.version }, 'the table is not what it was')
      seen.clear()
    }
    checkProtocol(name, snapshot)
    return snapshot
  }

  async function loadCheckpoint(signal?: AbortSignal): Promise<Snapshot> {
    const last = await readLastCheckpoint(checkpointing, signal)
    if (last === null) return emptySnapshot
    try {
      const actions = await readCheckpoint(checkpointing, last, { keepFiles }, signal)
      return applyActions(emptySnapshot, last.version, actions, { keepFiles })
    } catch (error) {
      if (error instanceof UnavailableError || signal?.aborted === true) throw error
      // The hint or its file is broken; the commits from 0 on say the same, if they are still there.
      log.warn({ table: name, checkpoint: last.version, error: String(error) }, 'checkpoint cannot be read')
      return emptySnapshot
    }
  }

  /** Null: the log goes on, but not with the next version; or it does not hold what we know any more. */
  async function readForward(from: Snapshot, signal?: AbortSignal): Promise<Snapshot | null> {
    const after = from.version < 1 ? undefined : `${versionName(from.version - 1)}.json`
    const names = await store.list(logDir, { ...(after !== undefined && { after }), ...(signal && { signal }) })
    const found = names.map(commitVersion).filter((version) => version !== null)
    // Where the known version is gone, going on would leave a hole below our next commit that nobody can mend.
    if (from === snapshot && from.version >= 0 && !found.includes(from.version)) return null
    const versions = found.filter((version) => version > from.version)
    let current = from
    for (let i = 0; i < versions.length; i += parallelReads) {
      const some = versions.slice(i, i + parallelReads)
      const bodies = await Promise.all(some.map((v) => store.get(`${logDir}/${versionName(v)}.json`, signal)))
      for (const [at, bytes] of bodies.entries()) {
        const version = some[at]!
        if (version !== current.version + 1 || bytes === null) return null
        const actions = parseActions(bytes)
        current = applyActions(current, version, actions, { keepFiles })
        for (const { commitInfo } of actions) if (commitInfo?.txnId !== undefined) remember(commitInfo.txnId, version)
      }
    }
    return current
  }

  function remember(id: string, version: number): void {
    seen.set(id, version)
    for (const oldest of seen.keys()) {
      if (seen.size <= rememberedCommits) return
      seen.delete(oldest)
    }
  }

  async function commitInTurn(wanted: Commit, signal?: AbortSignal): Promise<{ readonly version: number } | null> {
    const { beganMs = now() } = wanted
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      await readLog(signal)
      const there = seen.get(wanted.id)
      if (there !== undefined) return { version: there }
      const actions = wanted.plan(snapshot)
      if (actions === null) return null
      const version = snapshot.version + 1
      const all = [commitInfo(wanted, now(), { beganMs, attempt }), ...actions]
      crashPoint('commit-unsaved')
      if (await store.putIfAbsent(`${logDir}/${versionName(version)}.json`, printActions(all), signal)) {
        crashPoint('commit-saved')
        snapshot = applyActions(snapshot, version, all, { keepFiles })
        remember(wanted.id, version)
        if (version > 0 && version % checkpointInterval === 0) await tryCheckpoint(version, signal)
        return { version }
      }
      // Someone else has this version. Two that meet once must not meet for ever.
      await sleep(Math.random() * Math.min(1000, 20 * attempt), undefined, { ...(signal && { signal }) })
    }
    throw new UnavailableError('s3', `s3: table ${name}: ${maxAttempts} attempts to commit were all overtaken`)
  }

  async function tryCheckpoint(version: number, signal?: AbortSignal): Promise<void> {
    try {
      await writeCheckpoint(checkpointing, version, signal)
    } catch (error) {
      // The commit stands; whoever commits the next multiple writes the next checkpoint.
      log.warn({ table: name, version, error: String(error) }, 'checkpoint not written')
    }
  }

  return {
    name,
    location,
    refresh: (signal) => inTurn(() => readLog(signal)),
    get snapshot() {
      return snapshot
    },
    commit: (wanted, signal) => inTurn(() => commitInTurn(wanted, signal))
  }
}

function commitInfo(
  { id, operation }: Commit,
  timestamp: number,
  { beganMs, attempt }: { readonly beganMs: number; readonly attempt: number }
): Action {
  return {
    commitInfo: {
      timestamp,
      operation,
      operationParameters: {},
      isBlindAppend: true,
      engineInfo: 'sluice',
      txnId: id,
      operationMetrics: { executionTimeMs: String(timestamp - beganMs), numRetries: String(attempt - 1) }
    }
  }
}

function hole(name: string, logDir: string): never {
  throw new UnavailableError('s3', `s3: table ${name}: commits are missing in ${logDir}, and no checkpoint covers them`)
}
