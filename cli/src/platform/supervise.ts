import { setTimeout as sleep } from 'node:timers/promises'
import type { Exit } from '@sluice/testkit'
import type { ComposeService } from '../compose/read-compose.ts'
import type { PlannedProcess } from './plan.ts'

/** A program as it runs now. */
interface Launched {
  readonly pid: number
  readonly exited: Promise<Exit>
  signal(signal: NodeJS.Signals): void
  stop(graceMs: number): Promise<unknown>
  tail(): string
}

export interface Launcher {
  /** Starts the program; again, after it has ended. */
  launch(): Promise<Launched>
  /** Whether it can be used, and if not, why not. */
  probe(): Promise<{ readonly ready: boolean; readonly reason: string }>
}

export type State =
  | 'waiting'
  | 'starting'
  | 'ready'
  | 'not ready'
  | 'restarting'
  | 'stopping'
  | 'done'
  | 'failed'
  | 'refused'
  | 'stopped'

/** One process of the platform, kept running by the restart policy of the compose file. */
export interface Supervised {
  readonly planned: PlannedProcess
  readonly state: State
  /** What it waits for, why it is not ready, how it ended. */
  readonly note: string
  /** Of the process that runs now, or ran last; 0 before the first. */
  readonly pid: number
  readonly restarts: number
  /** Sends a signal. What the process makes of it is left to the restart policy. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Stops it and keeps it down until `start`. */
  stop(): Promise<void>
  /** Starts it, or starts it again after `stop`; comes back when the program runs. */
  start(): Promise<void>
  /** Comes back when it is ready (a job: done). Throws if it failed, refused or is stopped. */
  ready(timeoutMs?: number): Promise<void>
}

export interface SuperviseDeps {
  readonly launcher: Launcher
  readonly onChange: (supervised: Supervised) => void
}

const probeEveryMs = { unready: 150, ready: 2000 }
const backOffMs = { first: 200, most: 10_000, forgottenAfter: 10_000 }
const refusedCode = 78

export function supervise(planned: PlannedProcess, { launcher, onChange }: SuperviseDeps): Supervised {
  let state: State = 'waiting'
  let note = ''
  let restarts = 0
  let launched: Launched | null = null
  let life: Promise<void> = Promise.resolve()
  let end = new AbortController()
  const watchers = new Set<() => void>()

  const self: Supervised = {
    planned,
    get state() {
      return state
    },
    get note() {
      return note
    },
    get pid() {
      return launched?.pid ?? 0
    },
    get restarts() {
      return restarts
    },
    async kill(signal = 'SIGKILL') {
      const target = launched
      target?.signal(signal)
      if (signal === 'SIGKILL') await target?.exited
    },
    async stop() {
      end.abort()
      if (isUp(state)) set('stopping', '')
      await launched?.stop(planned.service.stopGraceMs)
      await life
      if (state !== 'done' && state !== 'failed' && state !== 'refused') set('stopped', '')
    },
    async start() {
      if (isUp(state)) throw new Error(`${planned.id} already runs`)
      end = new AbortController()
      set('starting', '')
      const started = Promise.withResolvers<void>()
      life = live(end.signal, started)
      await started.promise
    },
    ready: (timeoutMs = 120_000) => becomes(timeoutMs)
  }
  return self

  async function live(signal: AbortSignal, started: PromiseWithResolvers<void>): Promise<void> {
    for (let pauseMs = backOffMs.first; ; pauseMs = Math.min(pauseMs * 2, backOffMs.most)) {
      const began = performance.now()
      const how = await once(signal, started)
      if (signal.aborted) return started.resolve()
      if (!isRestarted(planned.service, how, restarts)) return settle(how)
      if (performance.now() - began > backOffMs.forgottenAfter) pauseMs = backOffMs.first
      restarts += 1
      set('restarting', how.why)
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
    }
  }

  /** One life of the process. */
  async function once(signal: AbortSignal, started: PromiseWithResolvers<void>): Promise<End> {
    try {
      launched = await launcher.launch()
    } catch (error) {
      started.resolve()
      return { exit: { code: 1, signal: null }, why: message(error) }
    }
    const running = launched
    if (signal.aborted) await running.stop(planned.service.stopGraceMs)
    if (!signal.aborted) set('starting', '')
    started.resolve()
    const over = new AbortController()
    const probing = planned.kind === 'job' ? undefined : probe(over.signal)
    const exit = await running.exited
    const how = exit.signal ?? `exit ${exit.code}`
    // Before anyone who waits for this exit goes on and asks whether it is ready.
    if (planned.kind !== 'job' && !signal.aborted) set('not ready', how)
    over.abort()
    await probing
    return { exit, why: exit.code === 0 ? 'ended' : `${how}; its last lines:\n${running.tail()}` }
  }

  async function probe(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { ready, reason } = await launcher.probe()
      if (signal.aborted || state === 'stopping') return
      if (ready) set('ready', '')
      else if (state === 'ready' || state === 'not ready') set('not ready', reason || 'does not answer')
      else set('starting', reason)
      await sleep(ready ? probeEveryMs.ready : probeEveryMs.unready, undefined, { signal }).catch(() => undefined)
    }
  }

  function settle({ exit, why }: End): void {
    if (exit.code === 0) set('done', '')
    else set(exit.code === refusedCode ? 'refused' : 'failed', why)
  }

  function set(newState: State, newNote: string): void {
    if (state === newState && note === newNote) return
    state = newState
    note = newNote
    onChange(self)
    for (const watcher of watchers) watcher()
  }

  function becomes(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settleIt: () => void): void => {
        clearTimeout(timer)
        watchers.delete(look)
        settleIt()
      }
      const timer = setTimeout(
        () => finish(() => reject(new Error(`${planned.id} is not ready after ${timeoutMs} ms: ${note || state}`))),
        timeoutMs
      )
      const look = (): void => {
        const isReady = planned.kind === 'job' ? state === 'done' : state === 'ready'
        if (isReady) finish(resolve)
        else if (['done', 'failed', 'refused', 'stopped'].includes(state))
          finish(() => reject(new Error(`${planned.id} ${state}${note && `: ${note}`}`)))
      }
      watchers.add(look)
      look()
    })
  }
}

interface End {
  readonly exit: Exit
  readonly why: string
}

function isUp(state: State): boolean {
  return ['starting', 'ready', 'not ready', 'restarting'].includes(state)
}

/** A process that refuses (78) would refuse again. */
function isRestarted(service: ComposeService, { exit }: End, restarts: number): boolean {
  if (exit.code === refusedCode) return false
  if (service.restart === 'no') return false
  if (service.restart === 'on-failure') return exit.code !== 0 && restarts < (service.maxRestarts ?? Infinity)
  return true
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
