import type { Exit, GuardedProcess } from './guarded.ts'
import { waitFor } from '../wait-for.ts'

/** A real server, started natively, that belongs to whoever started it. */
export interface Backing<Settings> extends AsyncDisposable {
  readonly name: 'kafka' | 's3' | 'redis'
  /** Where clients connect, on 127.0.0.1. */
  readonly port: number
  /** Of the process that runs now, or ran last. */
  readonly pid: number
  /** What a client needs to know. */
  readonly settings: Settings
  readonly dir: string
  /** Ends when the present process ends, for whatever reason. */
  exited(): Promise<Exit>
  isRunning(): boolean
  /** True if it answers requests. */
  isReady(): Promise<boolean>
  /** Stops it cleanly (SIGTERM; SIGKILL after the grace period) and comes back when it is gone. */
  stop(): Promise<void>
  /** The last lines of its log. */
  tail(): string
  /** Sends a signal. With SIGKILL, the default, it comes back when the process is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again, same folder and ports, after `kill` or `stop`; comes back when it answers. */
  restart(): Promise<void>
}

export interface BackingParts<Settings> {
  readonly name: 'kafka' | 's3' | 'redis'
  readonly port: number
  readonly settings: Settings
  readonly dir: string
  readonly graceMs: number
  start(): GuardedProcess
  isReady(): Promise<boolean>
  /** Clears away what the process leaves behind outside its folder. */
  cleanUp?(): void
}

/** Starts the process and comes back when it answers. */
export async function startBacking<Settings>(parts: BackingParts<Settings>): Promise<Backing<Settings>> {
  const { name, port, settings, dir, graceMs } = parts
  let running = await startAndWait(parts)
  const stop = async (): Promise<void> => {
    await running.stop(graceMs)
    parts.cleanUp?.()
  }
  return {
    name,
    port,
    settings,
    dir,
    get pid() {
      return running.pid
    },
    exited: () => running.exited,
    isRunning: () => running.exit() === null,
    isReady: async () => running.exit() === null && (await parts.isReady()),
    tail: () => running.tail(),
    stop,
    async kill(signal = 'SIGKILL') {
      running.signal(signal)
      if (signal === 'SIGKILL') await running.exited
    },
    async restart() {
      if (running.exit() === null) throw new Error(`${name} still runs (pid ${running.pid}): stop or kill it first`)
      running = await startAndWait(parts)
    },
    [Symbol.asyncDispose]: stop
  }
}

const startTimeoutMs = 90_000

async function startAndWait<Settings>(parts: BackingParts<Settings>): Promise<GuardedProcess> {
  const running = parts.start()
  try {
    await waitFor(
      `${parts.name} on port ${parts.port}`,
      async () => running.exit() !== null || (await parts.isReady()),
      { timeoutMs: startTimeoutMs }
    )
  } catch (error) {
    await running.stop(0)
    throw new Error(`${parts.name} does not answer:\n${running.tail()}`, { cause: error })
  }
  if (running.exit() !== null)
    throw new Error(`${parts.name} ended at once (${JSON.stringify(running.exit())}):\n${running.tail()}`)
  return running
}
