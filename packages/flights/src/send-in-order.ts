import type { CloudEvent, Log } from '@sluice/events'
import type { Answer, Refused } from './answer.ts'
import { wait } from './replay.ts'

export interface SendInOrderDeps {
  /** Sends events together, once, within bounded time. Never throws: what fails is to be sent again. */
  readonly attempt: (events: readonly CloudEvent[]) => Promise<Attempt>
  readonly onAccepted: (events: readonly CloudEvent[]) => void
  readonly onRefused: (refused: readonly Refused[]) => void
  /** An attempt has failed and will be repeated. */
  readonly onProblem: (problem: string) => void
  /** One attempt has finished, however. */
  readonly tick: () => void
  readonly log: Log
  /** Ends the repeating; an attempt in flight is awaited. */
  readonly signal: AbortSignal
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}

export interface Attempt {
  readonly answer: Answer
  /** How long the collector asks to be left alone; null: it does not say. */
  readonly retryAfterMs: number | null
}

const firstPauseMs = 100
const longestPauseMs = 5000
/** No answer may stop a producer for longer. */
const longestAskedPauseMs = 30_000

/**
 * Sends events until every one is accepted or refused for good: true. False: the signal ended that.
 * What failed is repeated, with the same ids and in order, before anything else is sent.
 */
export async function sendInOrder(events: readonly CloudEvent[], deps: SendInOrderDeps): Promise<boolean> {
  const { attempt, onAccepted, onRefused, onProblem, tick, log, signal, sleep = wait } = deps
  let pending = events
  for (let failures = 0; pending.length > 0 && !signal.aborted;) {
    const { answer, retryAfterMs } = await attempt(pending)
    tick()
    if (answer.accepted.length > 0) onAccepted(answer.accepted)
    const [first] = answer.refused
    if (first !== undefined) {
      onRefused(answer.refused)
      const { event, code, pointer } = first
      log.warn({ count: answer.refused.length, first: { id: event.id, code, pointer } }, 'events refused, skipped')
    }
    failures = answer.again.length < pending.length ? 0 : failures + 1
    pending = answer.again
    if (pending.length > 0) {
      onProblem(answer.problem ?? 'the collector asks for some events again')
      await sleep(pauseMs(failures, retryAfterMs), signal)
    }
  }
  return pending.length === 0
}

function pauseMs(failures: number, askedMs: number | null): number {
  if (askedMs === null) return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 10))
  return Math.min(Math.max(askedMs, firstPauseMs), longestAskedPauseMs)
}
