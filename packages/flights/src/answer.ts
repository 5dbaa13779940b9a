import type { CloudEvent } from '@sluice/events'

/** What became of events that were sent together. Each is in exactly one of the three lists, in order. */
export interface Answer {
  readonly accepted: readonly CloudEvent[]
  /** Refused for what they are: sending them again would change nothing. */
  readonly refused: readonly Refused[]
  /** To be sent again, in this order, before anything else of their keys. */
  readonly again: readonly CloudEvent[]
  /** Why something is to be sent again, in words; null: nothing is. */
  readonly problem: string | null
}

export interface Refused {
  readonly event: CloudEvent
  readonly code: string
  readonly pointer: string
}

/** What the collector says of one event, the same over REST and gRPC. Nothing of it is taken for granted. */
export interface Result {
  readonly status?: unknown
  readonly code?: unknown
  readonly pointer?: unknown
}

/** Statuses that speak of the set-up, not of the event: nothing is skipped because a key or an address is wrong. */
const setUpStatuses = new Set([401, 403, 404, 405, 407, 415])
/** The same of an event: a collector with older contracts. It is updated before producers are, or soon after. */
const setUpCodes = new Set(['unknown_type', 'unknown_version'])
const passingStatuses = new Set([408, 425, 429])

/** Sorts events by their results; one without a result is to be sent again. */
export function answerOf(events: readonly CloudEvent[], resultAt: (index: number) => Result | undefined): Answer {
  const accepted: CloudEvent[] = []
  const refused: Refused[] = []
  const again: CloudEvent[] = []
  let problem: string | null = null
  events.forEach((event, index) => {
    const { status, code, pointer } = resultAt(index) ?? {}
    const named = textOr(code, `status_${Number(status)}`)
    if (status === 202) accepted.push(event)
    else if (isAboutTheEvent(Number(status), named)) refused.push({ event, code: named, pointer: textOr(pointer, '') })
    else {
      again.push(event)
      problem ??= `the collector answers ${Number(status)} ${named} to ${event.id}`
    }
  })
  return { accepted, refused, again, problem }
}

/** All of them again, because of this. */
export function allAgain(events: readonly CloudEvent[], problem: string): Answer {
  return { accepted: [], refused: [], again: events, problem }
}

/** Whether the collector would give the same answer the next time and always. */
export function isAboutTheEvent(status: number, code: string): boolean {
  const isRefusal = status >= 400 && status < 500
  return isRefusal && !setUpStatuses.has(status) && !passingStatuses.has(status) && !setUpCodes.has(code)
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' && value !== '' ? value : fallback
}
