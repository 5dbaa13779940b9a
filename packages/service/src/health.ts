import type { Log } from '@sluice/events'

type State = 'starting' | 'running' | 'stopping' | 'refused'

/** The body of `/readyz`. */
export interface Readiness {
  readonly ready: boolean
  readonly state: State
  /** One sentence each; empty when ready. */
  readonly reasons: readonly string[]
}

/** What a service knows of its own health. */
export interface Health {
  readonly tick: () => void
  readonly waiting: (dependency: string, reason: string) => void
  readonly available: (dependency: string) => void
  starting(): void
  /** A start has failed for this dependency; it is waited for until one does not. */
  notStarted(dependency: string, reason: string): void
  /** `problems` is asked at every reading. */
  running(problems: () => readonly string[]): void
  stopping(): void
  refused(problems: readonly string[]): void
  readiness(): Readiness
  msSinceTick(): number
  /** Counts ticks; the watchdog reads it from its own thread. */
  readonly ticks: Int32Array
}

interface Wait {
  reason: string
  readonly sinceMs: number
}

/** `elapsedMs` is a clock that never goes back; it does not matter where it begins. */
export function createHealth({ log, elapsedMs }: { log: Log; elapsedMs: () => number }): Health {
  const ticks = new Int32Array(new SharedArrayBuffer(4))
  const waits = new Map<string, Wait>()
  let tickedMs = elapsedMs()
  let state: State = 'starting'
  let problems = none
  let startWaitsFor: string | null = null

  function waiting(dependency: string, reason: string): void {
    const wait = waits.get(dependency)
    if (wait !== undefined) {
      wait.reason = reason
      return
    }
    waits.set(dependency, { reason, sinceMs: elapsedMs() })
    log.warn({ dependency, reason }, 'waiting')
  }

  function available(dependency: string): void {
    const wait = waits.get(dependency)
    if (wait === undefined) return
    waits.delete(dependency)
    log.info({ dependency, waitedMs: Math.round(elapsedMs() - wait.sinceMs) }, 'available')
  }

  function reasons(): string[] {
    if (state === 'refused') return [...problems()]
    const waited = [...waits].map(
      ([dependency, { reason, sinceMs }]) =>
        `waiting for ${dependency} for ${Math.round((elapsedMs() - sinceMs) / 1000)} s: ${reason}`
    )
    if (state === 'running') return [...waited, ...readProblems(problems)]
    return waited.length > 0 ? waited : [state]
  }

  return {
    ticks,
    tick() {
      Atomics.add(ticks, 0, 1)
      tickedMs = elapsedMs()
    },
    msSinceTick: () => elapsedMs() - tickedMs,
    waiting,
    available,
    starting() {
      state = 'starting'
      for (const dependency of waits.keys()) if (dependency !== startWaitsFor) waits.delete(dependency)
    },
    notStarted(dependency, reason) {
      if (startWaitsFor !== null && startWaitsFor !== dependency) available(startWaitsFor)
      startWaitsFor = dependency
      waiting(dependency, reason)
    },
    running(asked) {
      if (startWaitsFor !== null) available(startWaitsFor)
      startWaitsFor = null
      state = 'running'
      problems = asked
    },
    stopping() {
      state = 'stopping'
      waits.clear()
    },
    refused(found) {
      state = 'refused'
      waits.clear()
      problems = () => found
    },
    readiness() {
      const found = reasons()
      return { ready: found.length === 0, state, reasons: found }
    }
  }
}

function none(): readonly string[] {
  return []
}

/** A bug in `problems` makes the service not ready; it must not make `/readyz` fail. */
function readProblems(problems: () => readonly string[]): readonly string[] {
  try {
    return problems()
  } catch (error) {
    return [`readiness cannot be told: ${(error as Error).message}`]
  }
}
