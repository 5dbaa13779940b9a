import { setTimeout as sleep } from 'node:timers/promises'

/** Waits, or not: an abort ends it at once, without an error. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

/** Milliseconds before the next attempt after so many failures in a row: doubles from 50 to 1000. */
export function backOffMs(failures: number): number {
  return Math.min(1_000, 50 * 2 ** (failures - 1))
}

/** Rejects if the promise has not settled in time; what goes on behind it is the caller's to end. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const timer = new AbortController()
  const expired = sleep(ms, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`no answer for ${ms} ms`)
  })
  expired.catch(() => undefined)
  try {
    return await Promise.race([promise, expired])
  } finally {
    timer.abort()
  }
}
