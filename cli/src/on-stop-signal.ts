export interface StopSignals {
  /** Aborted at the first signal. */
  readonly stop: AbortSignal
  /** Back to normal. */
  dispose(): void
}

const sameSignalMs = 2000

/**
 * One Ctrl-C arrives up to three times (terminal, npm, bootstrap), so signals within 2 s of the first are the same one.
 * A later one calls `force`. A parent that is gone counts as a signal: npm was killed, and nobody is left to stop us.
 */
export function onStopSignal(force: () => void, { whenOrphaned = true } = {}): StopSignals {
  const controller = new AbortController()
  let firstAt = 0
  const heard = (): void => {
    const now = performance.now()
    if (!controller.signal.aborted) {
      firstAt = now
      controller.abort()
    } else if (now - firstAt > sameSignalMs) force()
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, heard)
  const parent = process.ppid
  const watch = setInterval(() => {
    if (whenOrphaned && process.ppid !== parent) {
      clearInterval(watch)
      heard()
    }
  }, 500)
  watch.unref()
  return {
    stop: controller.signal,
    dispose() {
      clearInterval(watch)
      for (const signal of signals) process.off(signal, heard)
    }
  }
}
