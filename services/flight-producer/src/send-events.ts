import type { CloudEvent } from '@sluice/events'
import { partitionOf } from '@sluice/contracts'
import { sendInOrder, type SendInOrderDeps } from '@sluice/flights'
import { createPostEvents } from './post-events.ts'

export interface SendEventsDeps extends Omit<SendInOrderDeps, 'attempt'> {
  /** The collector, without a path. */
  readonly collectorUrl: string
  readonly apiKey: string
  /** Requests in flight at once. */
  readonly lanes: number
  /** All of a window is accepted or refused. */
  readonly onDone: () => void
}

/**
 * Sends windows of events over REST. Events of one flight always go through the same lane, and a lane has one request
 * in flight and repeats what failed before it sends anything else: so their order survives.
 */
export function createSendEvents(deps: SendEventsDeps) {
  const attempt = createPostEvents(deps)

  /** True once every event is accepted or refused for good; false where the signal ended that. */
  return async function sendEvents(events: readonly CloudEvent[]): Promise<boolean> {
    const lanes = Map.groupBy(events, (event) => partitionOf(keyOf(event), deps.lanes))
    const sent = await Promise.all(Array.from(lanes.values(), (lane) => sendInOrder(lane, { ...deps, attempt })))
    const isDone = sent.every(Boolean)
    if (isDone) deps.onDone()
    return isDone
  }
}

/** Events of one flight have its id in common. */
function keyOf({ data, id }: CloudEvent): string {
  const { flight_id: key } = data as { readonly flight_id?: unknown }
  return typeof key === 'string' ? key : id
}
