import { callbackify } from 'node:util'
import type { handleUnaryCall, ServerUnaryCall } from '@grpc/grpc-js'
import { decodeEvent } from './decode-event.ts'
import { decodePublishRequest } from './decode-publish.ts'
import type { GrpcDeps } from './grpc-deps.ts'
import { resultMessage, type PublishResponse } from './grpc-service.ts'
import { grpcStatus } from './grpc-status.ts'
import { MalformedError } from './protobuf.ts'
import { maxBatchEvents } from './read-events.ts'
import { RequestRefused } from './refusals.ts'
import { summarise, type Result } from './results.ts'
import { traceOf } from './trace-of.ts'

type Call = ServerUnaryCall<Buffer, PublishResponse>

/** The handler of `Publish`. It answers by the same rules as REST; collector.proto says what each status means. */
export function createPublishUnary(
  { guard, publisher, quota, inFlight, problem, now, log, onRefused }: GrpcDeps,
  serialize: (response: PublishResponse) => Buffer
): handleUnaryCall<Buffer, PublishResponse> {
  // Its type knows only errors of Node, whose `code` is a text.
  return callbackify(publish) as unknown as handleUnaryCall<Buffer, PublishResponse>

  async function publish(call: Call): Promise<PublishResponse> {
    let results: readonly Result[]
    try {
      results = await publishAll(call)
    } catch (error) {
      const refusal = error instanceof RequestRefused ? error.refusal : internal
      if (refusal === internal) log.error({ err: error }, 'call failed')
      onRefused(refusal)
      throw grpcStatus(refusal)
    }
    const response = { results: results.map(resultMessage) }
    const { status, refused } = summarise(results)
    if (refused?.code === undefined) return response
    const { code, detail = '' } = refused
    throw grpcStatus({ code, detail }, { httpStatus: status, results: serialize(response) })
  }

  async function publishAll({ request, metadata }: Call): Promise<readonly Result[]> {
    const principal = guard.principalOf(metadata)
    const why = problem()
    if (why !== null) throw new RequestRefused('not_ready', why)
    if (!inFlight.take(request.length)) throw new RequestRefused('overloaded', 'message: too much is in flight')
    try {
      const events = decode(request)
      if (events.length === 0)
        throw new RequestRefused('empty_batch', 'message: expected at least one event, found none')
      if (events.length > maxBatchEvents) {
        throw new RequestRefused('batch_too_large', `message: expected at most ${maxBatchEvents} events, found more`)
      }
      if (quota.take(principal.id, events.length) > 0)
        throw new RequestRefused('over_quota', 'key: expected fewer events')
      return await publisher.publishAll('grpc', events.map(decodeEvent), {
        principal,
        receivedAtMs: now(),
        ...traceOf(metadata.get('traceparent')[0])
      })
    } finally {
      inFlight.release(request.length)
    }
  }
}

const internal = { code: 'internal', detail: 'call: something failed here' } as const

function decode(request: Buffer): readonly Buffer[] {
  try {
    return decodePublishRequest(request)
  } catch (error) {
    if (error instanceof MalformedError) throw new RequestRefused('malformed_message', `message: ${error.message}`)
    throw error
  }
}
