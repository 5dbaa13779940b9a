import { setTimeout as delay } from 'node:timers/promises'
import type { CloudEvent } from '@sluice/events'
import { simulatedAt, wallAt, type Clock } from './clock.ts'
import type { EventPosition } from './derive-events.ts'

export interface ReplayDeps {
  /** In the order of events; read as they become due. */
  readonly events: Iterable<CloudEvent>
  /** The clock to follow, asked again and again because it may change; null: none, everything is due. */
  readonly clock: () => Clock | null
  /** Resolves true once every event is acknowledged or refused for good; false: it gave up because of the signal. */
  readonly send: (events: readonly CloudEvent[]) => Promise<boolean>
  /** Called after each window with the position that nothing before is missing from. */
  readonly onDone: (position: EventPosition) => Promise<void>
  /** The replay has moved, or has found nothing to do. */
  readonly tick: () => void
  /** Most events in one window. */
  readonly maxEvents: number
  readonly now: () => number
  readonly signal: AbortSignal
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Fewer and larger windows cost less; nobody sees a twentieth of a second. */
const minWaitMs = 50
/** The clock may be set anew while one waits. */
const maxWaitMs = 1000

/**
 * Sends events as the clock reaches them, one window at a time: the next one only when the last is done.
 * What is overdue follows at full rate. Ends with the events, or with the signal once the window in hand is finished.
 */
export async function replay(deps: ReplayDeps): Promise<'ended' | 'stopped'> {
  const { clock, send, onDone, tick, now, signal, sleep = wait } = deps
  const source = deps.events[Symbol.iterator]()
  let next = source.next()
  while (!next.done) {
    const followed = clock()
    const simulated = followed === null ? Infinity : simulatedAt(followed, now())
    const window: CloudEvent[] = []
    while (!next.done && window.length < deps.maxEvents && Date.parse(next.value.time) <= simulated) {
      window.push(next.value)
      next = source.next()
    }
    const last = window.at(-1)
    if (last !== undefined) {
      if (signal.aborted || !(await send(window))) return 'stopped'
      await onDone({ time: last.time, type: last.type, id: last.id })
    } else if (!next.done && followed !== null) {
      const dueInMs = wallAt(followed, Date.parse(next.value.time)) - now()
      await sleep(Math.min(Math.max(dueInMs, minWaitMs), maxWaitMs), signal)
      if (signal.aborted) return 'stopped'
    }
    tick()
  }
  return 'ended'
}

/** Ends early, without an error, when the signal is aborted. */
export async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined)
}
