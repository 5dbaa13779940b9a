import { setTimeout as sleep } from 'node:timers/promises'
import { UnavailableError } from '@sluice/events'

export interface WatchTopicsOptions {
  /** Throws UnavailableError or RefusedError; takes a bounded time. */
  readonly check: () => Promise<unknown>
  readonly signal: AbortSignal
  readonly tick: () => void
  readonly waiting: (dependency: string, reason: string) => void
  readonly available: (dependency: string) => void
  readonly fail: (error: unknown) => void
}

export interface TopicsWatch {
  /** Why the topics cannot be written to as far as is known; null: they were found as they should be. */
  problem(): string | null
}

const retryMs = 1_000
const repeatMs = 15_000

/**
 * Looks at the topics until they are as they should be, and again every 15 seconds. The repetition is also what shows
 * a collector to be alive that has nothing to do.
 */
export function watchTopics({ check, signal, tick, waiting, available, fail }: WatchTopicsOptions): TopicsWatch {
  let problem: string | null = 'the topics have not been checked yet'

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      const isThere = await attempt()
      tick()
      await sleep(isThere ? repeatMs : retryMs, undefined, { signal }).catch(() => {})
    }
  }

  async function attempt(): Promise<boolean> {
    try {
      await check()
      problem = null
      available('kafka')
      return true
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      // Once they were right it is for the lanes to say whether they can be written to.
      if (problem !== null) problem = error.message
      waiting(error.dependency, error.message)
      return false
    }
  }

  watch().catch((error: unknown) => {
    problem = error instanceof Error ? error.message : 'the topics cannot be checked'
    fail(error)
  })
  return { problem: () => problem }
}
