import type { ServiceError } from '@grpc/grpc-js'
import type { CloudEvent } from '@sluice/events'
import { answerOf, type Attempt, type Result } from '@sluice/flights'
import { type Ack, type CollectorClient, type PublishStream, toProtobuf } from './collector-client.ts'

/** The collector acknowledges within a second; an event that waits longer than this is lost. */
const ackTimeoutMs = 5000

/** A stream and what is waited for on it. */
interface OpenStream {
  readonly call: PublishStream
  /** Null: it is open. */
  ended: { readonly problem: string; readonly retryAfterMs: number | null } | null
  nextSequence: number
  onAck: (ack: Ack) => void
  onEnd: () => void
}

/**
 * Publishes events on a stream that stays open, once. Resolves when each is acknowledged, or when the stream has ended
 * and it is clear which are not; then the next call opens a new one.
 */
export function createPublishEvents(client: CollectorClient) {
  let current: OpenStream | null = null

  async function publishEvents(events: readonly CloudEvent[]): Promise<Attempt> {
    current ??= open(client)
    const stream = current
    const results = await publishOn(stream, events)
    const answer = answerOf(events, (index) => results.get(index))
    if (stream.ended === null && answer.again.length === 0) return { answer, retryAfterMs: null }
    // Whatever may still come on this stream must not overtake what is sent again on the next.
    stream.call.cancel()
    current = null
    if (answer.again.length === 0 || stream.ended === null) return { answer, retryAfterMs: null }
    const { problem, retryAfterMs } = stream.ended
    return { answer: { ...answer, problem }, retryAfterMs }
  }

  return {
    publishEvents,
    [Symbol.dispose]: () => void current?.call.end()
  }
}

function open(client: CollectorClient): OpenStream {
  const call = client.openStream()
  const stream: OpenStream = {
    call,
    ended: null,
    nextSequence: 1,
    onAck: () => undefined,
    onEnd: () => undefined
  }
  function end(problem: string, retryAfterMs: number | null): void {
    stream.ended ??= { problem, retryAfterMs }
    stream.onEnd()
  }
  call.on('data', (ack: Ack) => stream.onAck(ack))
  call.on('end', () => end('the collector has ended the stream', null))
  call.on('error', ({ details, message, metadata }: ServiceError) => {
    const pushback = Number(metadata?.get('grpc-retry-pushback-ms')[0] ?? Number.NaN)
    end(`the collector has ended the stream: ${details || message}`, pushback >= 0 ? pushback : null)
  })
  return stream
}

/** Results by index of the event; an event that has none was not acknowledged before the stream ended. */
function publishOn(stream: OpenStream, events: readonly CloudEvent[]): Promise<ReadonlyMap<number, Result>> {
  return new Promise((resolve) => {
    const results = new Map<number, Result>()
    const first = stream.nextSequence
    stream.nextSequence += events.length

    function finish(): void {
      clearTimeout(timer)
      stream.onAck = () => undefined
      stream.onEnd = () => undefined
      resolve(results)
    }
    const timer = setTimeout(() => {
      stream.ended ??= { problem: `the collector does not acknowledge within ${ackTimeoutMs} ms`, retryAfterMs: null }
      finish()
    }, ackTimeoutMs)
    stream.onAck = ({ sequence, result }) => {
      const index = Number(sequence) - first
      if (result !== null && index >= 0 && index < events.length) results.set(index, result)
      if (results.size === events.length) finish()
    }
    stream.onEnd = finish

    if (stream.ended !== null) return finish()
    events.forEach((event, index) => stream.call.write({ sequence: first + index, event: toProtobuf(event) }))
  })
}
