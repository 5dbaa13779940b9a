export interface Deadline {
  /** Starts the clock; the first call counts. */
  begin(): void
  cancel(): void
  /** Resolves once the time is over, or the second stage has come, with which of them it was. */
  readonly passed: Promise<'time' | 'signal'>
}

/** The longest that a stop may take: `ms` after `begin`, or until `force`, whichever comes first. */
export function createDeadline(ms: number, force: AbortSignal): Deadline {
  const { promise, resolve } = Promise.withResolvers<'time' | 'signal'>()
  let timer: NodeJS.Timeout | null = null
  if (force.aborted) resolve('signal')
  force.addEventListener('abort', () => resolve('signal'), { once: true })
  return {
    passed: promise,
    begin() {
      timer ??= setTimeout(() => resolve('time'), ms)
    },
    cancel() {
      if (timer !== null) clearTimeout(timer)
      timer = null
    }
  }
}
