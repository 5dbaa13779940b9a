import { UnavailableError, type Log } from '@sluice/events'
import type { Log as StoredLog, Position, Store } from '@sluice/store'

export interface WatchDeps {
  readonly store: Pick<Store, 'positions'>
  readonly from: StoredLog
  readonly believed: ReadonlyMap<number, Position | null>
  readonly reopen: (partition: number) => void
  readonly log: Log
  readonly waiting: (dependency: string, reason: string) => void
  readonly available: (dependency: string) => void
  readonly fail: (error: unknown) => void
  readonly everyMs?: number
}

/**
 * Looks now and then whether the store still holds what is believed of partitions where nothing arrives: after a loss
 * only their next batch would find out, and they may never have one. It does not tick: that is for the sink to do.
 */
export function watchPositions(deps: WatchDeps): Disposable {
  const { waiting, available, fail, everyMs = 2_000 } = deps
  let looking = false

  async function look(): Promise<void> {
    looking = true
    try {
      await reopenLost(deps)
      available('redis')
    } catch (error) {
      if (error instanceof UnavailableError) waiting('redis', error.message)
      else fail(error)
    }
    looking = false
  }

  const timer = setInterval(() => {
    if (!looking) void look()
  }, everyMs)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

async function reopenLost({ store, from, believed, reopen, log }: WatchDeps): Promise<void> {
  const before = new Map(believed)
  const stored = await store.positions(from)
  for (const [partition, position] of before) {
    // Moved on while we looked: whoever moved it has compared it.
    if (believed.get(partition) !== position) continue
    if (position?.next === stored.get(partition)?.next && position?.origin === stored.get(partition)?.origin) continue
    log.warn({ partition }, 'position lost')
    reopen(partition)
  }
}
