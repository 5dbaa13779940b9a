import { UnavailableError } from '@sluice/events'
import { LaneFullError, RecordTooLargeError, type Lanes, type OutgoingRecord } from '@sluice/kafka'
import type { InFlight } from './in-flight.ts'
import type { Overdue } from './overdue.ts'
import type { Refusal } from './refusals.ts'

/** What became of a record: where it is, durably, or why not. */
export type Sent =
  | { readonly ok: true; readonly partition: number; readonly offset: bigint }
  | { readonly ok: false; readonly refusal: Refusal }

export interface PublishDeps {
  readonly lanes: Pick<Lanes, 'send'>
  readonly inFlight: InFlight
  /** An answer comes within this time; the send itself goes on. */
  readonly answerMs: number
  readonly overdue: Overdue
  /** Told of a rejection that is neither an outage nor about the record. */
  readonly onBug: (error: unknown) => void
}

/** The records of one request or stream, in order. */
export interface PublishSession {
  /**
   * Puts a record into its lane at once. `settle` is called exactly once, within `answerMs`; before submit returns
   * where the record does not get into its lane.
   */
  submit(record: OutgoingRecord, settle: (sent: Sent) => void): void
  /** True once a record has failed for a reason of ours. */
  hasFailed(): boolean
}

interface Pending {
  readonly partition: number
  readonly deadlineMs: number
  readonly settle: (sent: Sent) => void
  isOverdue: boolean
}

/** What one record costs beside its value: objects, promises, its place in the lane's queue. */
const overheadBytes = 1_024

/**
 * The order rule: once a record of a lane fails for a reason of ours, the later ones of that lane fail too, so that a
 * client which sends again what failed, in order, keeps its order.
 *
 * It holds because each record is in its lane when submit returns, because a lane that rejects a record rejects all
 * that are queued behind it, and because callers submit in turns of the event loop of their own: the callback of an
 * earlier rejection cannot still be waiting then.
 */
export function createPublishSession({ lanes, inFlight, answerMs, overdue, onBug }: PublishDeps): PublishSession {
  const failedLanes = new Set<number>()
  /** In order of submission, and so of deadlines. */
  const pending = new Set<Pending>()
  let timer: NodeJS.Timeout | undefined

  function finish(one: Pending, sent: Sent): void {
    if (!pending.delete(one)) return
    if (pending.size === 0) stopTimer()
    one.settle(sent)
  }

  function fail(one: Pending, sent: Sent): void {
    failedLanes.add(one.partition)
    finish(one, sent)
    for (const later of pending) if (later.partition === one.partition) finish(later, retryInOrder)
  }

  async function send(one: Pending, record: OutgoingRecord, bytes: number): Promise<void> {
    try {
      const at = await lanes.send(record)
      finish(one, { ok: true, ...at })
    } catch (error) {
      if (error instanceof RecordTooLargeError) return finish(one, tooLarge(error))
      if (!(error instanceof UnavailableError)) onBug(error)
      fail(one, error instanceof LaneFullError ? overloaded : inDoubt('it was not acknowledged'))
    } finally {
      if (one.isOverdue) overdue.remove(one.partition)
      inFlight.release(bytes)
    }
  }

  function stopTimer(): void {
    clearTimeout(timer)
    timer = undefined
  }

  function startTimer(): void {
    const [oldest] = pending
    timer = oldest && setTimeout(expire, Math.max(1, oldest.deadlineMs - performance.now()))
  }

  function expire(): void {
    const nowMs = performance.now()
    for (const one of pending) {
      if (one.deadlineMs > nowMs) break
      one.isOverdue = true
      overdue.add(one.partition)
      fail(one, inDoubt('no acknowledgement in time'))
    }
    startTimer()
  }

  return {
    hasFailed: () => failedLanes.size > 0,
    submit(record, settle) {
      const { partition } = record
      if (failedLanes.has(partition)) return settle(retryInOrder)
      if (overdue.isStuck(partition)) {
        failedLanes.add(partition)
        return settle(stuck)
      }
      const bytes = record.value.length + overheadBytes
      if (!inFlight.take(bytes)) {
        failedLanes.add(partition)
        return settle(overloaded)
      }
      const one: Pending = { partition, deadlineMs: performance.now() + answerMs, settle, isOverdue: false }
      pending.add(one)
      if (timer === undefined) startTimer()
      void send(one, record, bytes)
    }
  }
}

const retryInOrder = notSent('retry_in_order', 'an earlier event of its lane is in doubt; send both again, in order')
const stuck = notSent('not_ready', 'its lane waits for an acknowledgement by kafka; send it again later')
const overloaded = notSent('overloaded', 'too much is in flight; send it again later')

function inDoubt(why: string): Sent {
  return notSent('in_doubt', `${why}, so it may be stored or not; send it again with the same id`)
}

function tooLarge({ message }: Error): Sent {
  return notSent('event_too_large', message)
}

function notSent(code: Refusal['code'], detail: string): Sent {
  return { ok: false, refusal: { code, detail: `event: ${detail}` } }
}
