import { Worker } from 'node:worker_threads'

export interface WatchdogOptions {
  /** As `Health.ticks`. */
  readonly ticks: Int32Array
  /** 0 = no watchdog. */
  readonly maxSilenceMs: number
  readonly service: string
}

/**
 * Kills this process, with one log line, once it has not ticked for `maxSilenceMs`. It lives on a thread of its own, so it
 * works while the event loop is blocked. The kernel ignores a SIGKILL that PID 1 of a container sends to itself: such a
 * container needs an init process.
 */
export function startWatchdog({ ticks, maxSilenceMs, service }: WatchdogOptions): AsyncDisposable {
  if (maxSilenceMs === 0) return { [Symbol.asyncDispose]: async () => {} }
  const worker = new Worker(new URL('./watchdog-thread.mjs', import.meta.url), {
    name: 'watchdog',
    workerData: { ticks, maxSilenceMs, service },
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2, codeRangeSizeMb: 4 }
  })
  worker.unref()
  return {
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    }
  }
}
