import type { Log } from '@sluice/events'
import type { RuntimeSettings } from './groups.ts'
import type { Metrics } from './metrics.ts'
import type { OpenStack } from './open-stack.ts'
import type { SettingsValues } from './settings.ts'

/** A service: its name, its settings and how it starts. `run(service)` does everything else. */
export interface Service<S extends RuntimeSettings> {
  /** As in docker-compose.yml. */
  readonly name: string
  readonly settings: S
  /**
   * Acquires everything in order, puts each thing on `context.stack` at once, and returns when the service works.
   * UnavailableError: everything acquired is released and start is called again after a pause.
   * RefusedError: exit 78, or `ON_REFUSED=stay`. Anything else: exit 1.
   */
  start(context: ServiceContext<S>): Promise<RunningService>
}

export interface RunningService {
  /** Why work does not move, one sentence each, in the service's own words; empty = ready. Called for every `/readyz`. */
  problems(): readonly string[]
}

export interface ServiceContext<S extends RuntimeSettings> {
  readonly settings: SettingsValues<S>
  readonly log: Log
  readonly metrics: Metrics
  /** Released by the runtime in reverse order. */
  readonly stack: OpenStack
  /** Aborted when the service is to stop, or has failed: stop fetching, finish what is in hand. */
  readonly signal: AbortSignal
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** A batch is done, or a bounded attempt at a named dependency has finished. Without ticks the watchdog kills the process. */
  readonly tick: () => void
  /** The service waits for this dependency: alive, not ready. Shown in `/readyz`, logged when it begins. */
  readonly waiting: (dependency: string, reason: string) => void
  /** The dependency answers again. Logged when it was waited for; else this does nothing. */
  readonly available: (dependency: string) => void
  /** A background loop has ended. RefusedError: exit 78 or `ON_REFUSED=stay`; anything else: exit 1. The first call counts. */
  readonly fail: (error: unknown) => void
}

/** Declares a service; only here for the types. */
export function defineService<const S extends RuntimeSettings>(service: Service<S>): Service<S> {
  return service
}
