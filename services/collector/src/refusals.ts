import { status as grpc } from '@grpc/grpc-js'

/**
 * Why something was not accepted, with its HTTP status. The closed list of the collector: every answer over REST and
 * gRPC takes its code from here, and docs/collector-errors.md explains each.
 */
export const refusals = {
  // The request by itself.
  malformed_request: { status: 400, title: 'This is not HTTP/1.1 as it should be' },
  malformed_message: { status: 400, title: 'This is not the protobuf message that was expected' },
  unexpected_query: { status: 400, title: 'Nothing here takes a query' },
  unauthenticated: { status: 401, title: 'No valid API key' },
  not_found: { status: 404, title: 'There is nothing at this path' },
  method_not_allowed: { status: 405, title: 'This path takes another method' },
  request_timeout: { status: 408, title: 'The request did not arrive in time' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The content type is not one that is taken' },
  unsupported_encoding: { status: 415, title: 'Compressed bodies are not taken' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  over_quota: { status: 429, title: 'More events than the key may send' },

  // What it carries.
  empty_body: { status: 400, title: 'There is no body' },
  empty_batch: { status: 400, title: 'There is no event' },
  batch_too_large: { status: 413, title: 'Too many events at once' },
  invalid_json: { status: 400, title: 'This is not JSON' },
  invalid_utf8: { status: 400, title: 'This is not Unicode text' },
  nul_character: { status: 422, title: 'Text with a NUL character' },
  duplicate_key: { status: 400, title: 'A name that occurs twice' },
  forbidden_key: { status: 400, title: 'A name that is not allowed' },
  too_deep: { status: 400, title: 'Nested too deeply' },
  unsafe_integer: { status: 400, title: 'An integer beyond 2^53' },
  unsafe_number: { status: 400, title: 'A number with more digits than survive' },
  number_range: { status: 400, title: 'A number out of range' },

  // The event.
  envelope: { status: 400, title: 'This is not a CloudEvent as it should be' },
  forbidden_source: { status: 403, title: 'The key may not write this source' },
  event_too_large: { status: 413, title: 'The event is too large' },
  unknown_type: { status: 422, title: 'There is no contract for this type' },
  unknown_version: { status: 422, title: 'The contract has no such version' },

  // What only `/v1/events/validate` says; published events with this become dead letters.
  contract: { status: 422, title: 'The data breaks its contract' },
  clock_skew: { status: 422, title: 'The time is outside the window of the contract' },
  key: { status: 422, title: 'There is no key where the contract says' },

  // Ours: the same event sent again may well be accepted.
  in_doubt: { status: 503, title: 'Not known to be durable' },
  retry_in_order: { status: 503, title: 'An earlier event of the same lane is in doubt' },
  overloaded: { status: 503, title: 'More in flight than there is room for' },
  not_ready: { status: 503, title: 'The collector cannot take events now' },
  internal: { status: 500, title: 'A fault of the collector' }
} as const satisfies Record<string, { readonly status: number; readonly title: string }>

export type RefusalCode = keyof typeof refusals

/** Why something was not accepted, where, and one sentence for people that never quotes a value. */
export interface Refusal {
  readonly code: RefusalCode
  /** JSON pointer (RFC 6901) within the event, or within the body where no event can be told apart. */
  readonly pointer?: string
  readonly detail: string
}

/** Thrown where nothing of a request can be accepted; becomes problem details or a gRPC status. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused'
  readonly refusal: Refusal
  /** When to try again, for refusals that pass. */
  readonly retryAfterSeconds: number

  constructor(code: RefusalCode, detail: string, retryAfterSeconds = 1) {
    super(detail)
    this.refusal = { code, detail }
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The gRPC status with the meaning of an HTTP status of ours. */
export function grpcStatusOf(httpStatus: number): grpc {
  return grpcByHttp.get(httpStatus) ?? (httpStatus < 500 ? grpc.INVALID_ARGUMENT : grpc.INTERNAL)
}

const grpcByHttp = new Map<number, grpc>([
  [401, grpc.UNAUTHENTICATED],
  [403, grpc.PERMISSION_DENIED],
  [429, grpc.RESOURCE_EXHAUSTED],
  [503, grpc.UNAVAILABLE]
])
