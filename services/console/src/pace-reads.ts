import { setTimeout as sleep } from 'node:timers/promises'

export interface Budget {
  spend(records: number, signal: AbortSignal): Promise<void>
}

/** Lets so many records through in a second, whatever the backlog. */
export function createBudget(perSecond: number, now: () => number): Budget {
  let freeAtMs = now()
  return {
    async spend(records, signal) {
      freeAtMs = Math.max(freeAtMs, now()) + (records * 1_000) / perSecond
      const waitMs = freeAtMs - now() - 1_000
      if (waitMs > 0) await sleep(waitMs, undefined, { signal })
    }
  }
}
