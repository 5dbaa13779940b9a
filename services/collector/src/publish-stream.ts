import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js'
import { decodeEvent } from './decode-event.ts'
import { decodePublishStreamRequest, type StreamedEvent } from './decode-publish.ts'
import type { GrpcDeps } from './grpc-deps.ts'
import { authorizationOf, noKey } from './grpc-guard.ts'
import { resultMessage, type AckMessage } from './grpc-service.ts'
import { grpcStatus } from './grpc-status.ts'
import { MalformedError } from './protobuf.ts'
import type { Refusal } from './refusals.ts'
import { refused, type Result } from './results.ts'
import { traceOf } from './trace-of.ts'

type Call = ServerDuplexStream<Buffer, AckMessage>

/** Events of one stream that are read and not acknowledged; beyond that it is not read on. */
const maxOpen = 1_000

/** Room for the record of an event beside its message: it is spelled out as JSON. */
const recordFactor = 3

/** The handler of `PublishStream`: one ack per event, flow control by not reading. collector.proto says the rest. */
export function createPublishStream(deps: GrpcDeps): handleBidiStreamingCall<Buffer, AckMessage> {
  return function publishStream(call) {
    const stream = createStream(call, deps)
    call.on('data', stream.onMessage)
    call.on('drain', stream.flow)
    call.on('end', () => stream.end(null))
    call.on('cancelled', stream.cancel)
  }
}

/**
 * One stream. Events are published in `data` events and timers, never in the callback of a send: whatever was rejected
 * before has been seen by then, which the order rule of a publication rests on.
 */
function createStream(call: Call, deps: GrpcDeps) {
  const { keys, guard, publisher, quota, inFlight, problem, now, log, onRefused, closing } = deps
  const publication = publisher.begin('grpc-stream')
  const trace = traceOf(call.metadata.get('traceparent')[0])
  let principal = guard.principalOf(call.metadata)
  let generation = keys.generation()
  let open = 0
  /** An event that waits for room or quota; nothing behind it is read. */
  let held: StreamedEvent | null = null
  /** False after a half-close or a refusal; the stream ends when all that was read is acknowledged. */
  let isReading = true
  /** Why it will not end with OK. */
  let refusal: Refusal | null = null
  let isOver = false
  closing.addEventListener('abort', onClosing)

  function onMessage(message: Buffer): void {
    if (!isReading) return
    try {
      const streamed = decodePublishStreamRequest(message)
      open++
      take(streamed)
    } catch (error) {
      if (error instanceof MalformedError)
        return end({ code: 'malformed_message', detail: `message: ${error.message}` })
      log.error({ err: error }, 'stream failed')
      open = 0
      end({ code: 'internal', detail: 'stream: something failed here' })
    }
  }

  function take(streamed: StreamedEvent): void {
    const found = refusalNow()
    if (found !== null) {
      ack(streamed, refused(null, found))
      return end(found)
    }
    if (!inFlight.hasRoom(streamed.event.length * recordFactor))
      return hold(streamed, (retry) => inFlight.onceReleased(retry))
    const waitSeconds = quota.take(principal.id, 1)
    if (waitSeconds > 0) return hold(streamed, (retry) => void setTimeout(retry, waitSeconds * 1000))
    publication.publish(decodeEvent(streamed.event), { principal, receivedAtMs: now(), ...trace }, (result) =>
      ack(streamed, result)
    )
    flow()
  }

  function refusalNow(): Refusal | null {
    if (keys.generation() !== generation) {
      const known = keys.authenticate(authorizationOf(call.metadata))
      if (known === null) return noKey
      principal = known
      generation = keys.generation()
    }
    const why = problem()
    return why === null ? null : { code: 'not_ready', detail: why }
  }

  function hold(streamed: StreamedEvent, later: (retry: () => void) => void): void {
    held = streamed
    call.pause()
    later(() => {
      if (held !== streamed) return
      held = null
      take(streamed)
    })
  }

  function ack({ sequence }: StreamedEvent, result: Result): void {
    open--
    if (!isOver) call.write({ sequence, result: resultMessage(result) })
    if (publication.hasFailed()) end(inDoubt)
    flow()
    endIfAllAcknowledged()
  }

  function flow(): void {
    if (!isReading || held !== null) return
    if (open >= maxOpen || call.writableNeedDrain) call.pause()
    else if (call.isPaused()) call.resume()
  }

  /** Null: the client has half-closed, and an event that is held is still taken. */
  function end(reason: Refusal | null): void {
    isReading = false
    if (reason !== null && refusal === null) {
      refusal = reason
      onRefused(reason)
      call.pause()
      if (held !== null) {
        const unsent = held
        held = null
        ack(unsent, refused(null, reason))
      }
    }
    endIfAllAcknowledged()
  }

  function endIfAllAcknowledged(): void {
    if (isReading || open > 0 || isOver) return
    finish()
    if (refusal === null) call.end()
    else call.emit('error', grpcStatus(refusal))
  }

  function cancel(): void {
    isReading = false
    held = null
    finish()
  }

  function finish(): void {
    isOver = true
    closing.removeEventListener('abort', onClosing)
  }

  function onClosing(): void {
    end({ code: 'not_ready', detail: 'collector: it is about to stop; open a new stream' })
  }

  return { onMessage, flow, end, cancel }
}

const inDoubt: Refusal = {
  code: 'in_doubt',
  detail: 'stream: an event is in doubt; open a new one and send again, in order, what has no ack with status 202'
}
