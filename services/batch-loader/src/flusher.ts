import { setTimeout as sleep } from 'node:timers/promises'
import { UnavailableError, type Log } from '@sluice/events'
import type { Metrics } from '@sluice/service'
import { flush, type Flushed, type FlushDeps } from './flush.ts'
import type { RowBuffer } from './buffer.ts'
import type { Unloadable } from './sift-lines.ts'
import { settle, sourceKey, type TableState } from './table-state.ts'

export interface FlusherDeps extends Omit<FlushDeps, 'retry'> {
  readonly buffer: RowBuffer
  /** Somebody else has moved a table: these partitions are to be read again. */
  readonly onStale: (sources: readonly { readonly topic: string; readonly partition: number }[]) => void
  readonly log: Log
  readonly metrics: Metrics
  readonly tick: () => void
  readonly waiting: (dependency: string, reason: string) => void
  readonly available: (dependency: string) => void
  readonly fail: (error: unknown) => void
}

/** Brings what is buffered into the lake, one generation at a time. */
export interface Flusher {
  /** Starts a flush, unless one runs; resolves when it has ended. Never rejects. */
  flush(): Promise<void>
  /** Resolves when no flush runs. */
  idle(): Promise<void>
  /** What a flush waits for, in words. */
  problem(): string | null
  /** No flush will ever run again. */
  isOver(): boolean
  /** Abandons the flush in hand, and starts no other. */
  abandon(): Promise<void>
}

const firstPauseMs = 250
const longestPauseMs = 10_000

export function createFlusher(deps: FlusherDeps): Flusher {
  const { buffer, log, metrics, now, tick } = deps
  const controller = new AbortController()
  const { signal } = controller
  let running: Promise<void> | null = null
  let problem: { readonly dependency: string; readonly reason: string } | null = null

  async function flushOnce(): Promise<void> {
    const generation = buffer.freeze()
    if (generation === null) return
    const startedMs = now()
    try {
      await flush({ ...deps, retry }, generation, reportUnloadable, settleTable, signal)
      metrics.batch({ step: 'flush' }, (now() - startedMs) / 1000)
      tick()
    } catch (error) {
      if (signal.aborted) return
      // Rows of this generation are gone: nothing after them may be committed.
      controller.abort()
      deps.fail(error)
    } finally {
      await generation.spool.remove().catch((error: unknown) => log.warn({ error: String(error) }, 'spool not removed'))
    }
  }

  /** An outage lasts as long as it lasts: the readers wait at their bound meanwhile. */
  async function retry<T>(step: string, work: () => Promise<T>): Promise<T> {
    const startedMs = now()
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
      try {
        const result = await work()
        metrics.batch({ step: step.split(' ')[0]! }, (now() - startedMs) / 1000)
        if (problem !== null) deps.available(problem.dependency)
        problem = null
        tick()
        return result
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error
        problem = { dependency: error.dependency, reason: `${step} waits: ${error.message}` }
        deps.waiting(problem.dependency, problem.reason)
        tick()
      }
      await sleep(pauseMs * (0.5 + Math.random()), undefined, { signal })
    }
  }

  function settleTable({ table, outcome, moves, rows, oldestMs }: Flushed): void {
    const { name } = table.spec
    if (outcome === 'stale') {
      log.warn({ table: name, rows }, 'another loader has moved this table; its rows are discarded and read again')
      deps.onStale(moves.map(({ source }) => source))
      return
    }
    for (const { source, to } of moves) {
      const cursor = table.cursors.get(sourceKey(source))
      if (cursor !== undefined) settle(cursor, to, now())
    }
    metrics.rows({ table: name }, rows)
    metrics.sent({ output: 'lake', type: name }, rows)
    if (oldestMs !== null) metrics.latency({ step: 'lake' }, Math.max(0, now() - oldestMs) / 1000)
    log.debug({ table: name, rows }, 'committed')
  }

  function reportUnloadable({ spec }: TableState, rows: readonly Unloadable[]): void {
    for (const { problem } of rows) metrics.rejected({ reason: problem.reason })
    const [first] = rows
    log.error(
      { table: spec.name, rows: rows.length, partition: first?.partition, offset: String(first?.offset) },
      'records that cannot be loaded become dead letters'
    )
  }

  return {
    flush() {
      if (signal.aborted) return Promise.resolve()
      running ??= flushOnce().finally(() => {
        running = null
      })
      return running
    },
    idle: () => running ?? Promise.resolve(),
    problem: () => problem?.reason ?? null,
    isOver: () => signal.aborted,
    async abandon() {
      controller.abort()
      await running
    }
  }
}
