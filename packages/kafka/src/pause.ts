import { setTimeout as sleep } from 'node:timers/promises'

/** Waits, or not: an abort ends it at once, without an error. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

/** Milliseconds before the next attempt after so many failures in a row: doubles from 50 to 1000. */
export function backOffMs(failures: number): number {
  return Math.min(1_000, 50 * 2 ** (failures - 1))
}
