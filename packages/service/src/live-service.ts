import { setTimeout as sleep } from 'node:timers/promises'
import { RefusedError, UnavailableError } from '@sluice/events'
import type { Logger } from 'pino'
import type { RuntimeSettings } from './groups.ts'
import type { Health } from './health.ts'
import type { Metrics } from './metrics.ts'
import { OpenStack } from './open-stack.ts'
import type { Service, ServiceContext } from './service.ts'
import type { SettingsValues } from './settings.ts'

export interface LiveDeps {
  readonly log: Logger
  readonly health: Health
  readonly metrics: Metrics
  readonly version: string
  /** Told to stop. */
  readonly stop: AbortSignal
  /** What is open, innermost last. The stack of the last start is left on it for the caller to release. */
  readonly stacks: OpenStack[]
}

export type End =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'unavailable'; readonly error: UnavailableError }
  | { readonly kind: 'refused'; readonly problems: readonly string[] }
  | { readonly kind: 'failed'; readonly error: unknown }

const firstPauseMs = 250
const longestPauseMs = 5_000

/** Starts the service, again and again while a dependency is away, and waits for its end. */
export async function liveService<S extends RuntimeSettings>(
  service: Service<S>,
  settings: SettingsValues<S>,
  deps: LiveDeps
): Promise<Exclude<End, { kind: 'unavailable' }>> {
  const { health, stop } = deps
  for (let attempt = 0; ; attempt++) {
    health.starting()
    const end = await liveOnce(service, settings, deps)
    health.tick()
    if (end.kind !== 'unavailable') return end
    await releaseLast(deps)
    health.tick()
    health.notStarted(end.error.dependency, end.error.message)
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** attempt)
    await sleep(pauseMs, undefined, { signal: stop }).catch(() => {})
    if (stop.aborted) return { kind: 'stopped' }
  }
}

async function liveOnce<S extends RuntimeSettings>(
  service: Service<S>,
  settings: SettingsValues<S>,
  { health, log, metrics, version, stop, stacks }: LiveDeps
): Promise<End> {
  const stack = new OpenStack()
  stacks.push(stack)
  const failure = Promise.withResolvers<End>()
  const failed = new AbortController()
  const context: ServiceContext<S> = {
    settings,
    log,
    metrics,
    stack,
    version,
    signal: AbortSignal.any([stop, failed.signal]),
    now: Date.now,
    tick: health.tick,
    waiting: health.waiting,
    available: health.available,
    fail(error) {
      failure.resolve(error instanceof RefusedError ? refusal(error) : { kind: 'failed', error })
      failed.abort()
    }
  }
  try {
    const running = await service.start(context)
    if (!stop.aborted) {
      health.running(() => running.problems())
      log.info({}, 'running')
    }
    return await Promise.race([failure.promise, aborted(stop)])
  } catch (error) {
    if (failed.signal.aborted) return failure.promise
    // A start that is interrupted may throw anything; nothing was running yet.
    if (stop.aborted) return { kind: 'stopped' }
    if (error instanceof RefusedError) return refusal(error)
    return error instanceof UnavailableError ? { kind: 'unavailable', error } : { kind: 'failed', error }
  }
}

/** What a start that did not succeed had acquired. An error while letting go of it must not hide why. */
async function releaseLast({ stacks, log }: LiveDeps): Promise<void> {
  try {
    await stacks.at(-1)?.disposeAsync()
  } catch (error) {
    log.warn({ err: error }, 'release failed')
  }
  stacks.pop()
}

function refusal(error: RefusedError): End {
  return { kind: 'refused', problems: error.problems }
}

function aborted(signal: AbortSignal): Promise<End> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve({ kind: 'stopped' })
    signal.addEventListener('abort', () => resolve({ kind: 'stopped' }), { once: true })
  })
}
