import { setTimeout as sleep } from 'node:timers/promises'
import { UnavailableError } from '@sluice/events'

export interface RetryOptions {
  readonly timeoutMs: number
  readonly onRetry: (error: UnavailableError) => void
}

/** Tries again while a dependency is away; gives up with its last error at the deadline. */
export async function retryWhileUnavailable<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const deadline = performance.now() + options.timeoutMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof UnavailableError) || performance.now() > deadline) throw error
      options.onRetry(error)
      await sleep(500)
    }
  }
}
