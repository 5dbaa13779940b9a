import { Metadata } from '@grpc/grpc-js'
import { grpcStatusOf, refusals, type Refusal } from './refusals.ts'

/** Trailer with a `PublishResponse`, where a call fails although its events could be told apart. */
export const resultsTrailer = 'sluice-results-bin'
const maxTrailerBytes = 4_096

/** The end of a call, in the shape that grpc-js takes its status from. */
class GrpcStatus extends Error {
  override readonly name = 'GrpcStatus'
  readonly code: number
  readonly details: string
  readonly metadata: Metadata

  constructor(code: number, details: string, metadata: Metadata) {
    super(details)
    this.code = code
    this.details = details
    this.metadata = metadata
  }
}

/** A refusal as the end of a call: its code comes first in the message, `code: what was expected and found`. */
export function grpcStatus(
  { code, detail }: Refusal,
  { httpStatus = refusals[code].status, results }: { readonly httpStatus?: number; readonly results?: Buffer } = {}
): GrpcStatus {
  const metadata = new Metadata()
  if (results !== undefined && results.length <= maxTrailerBytes) metadata.set(resultsTrailer, results)
  // What clients with a retry policy obey (gRFC A6).
  if (httpStatus === 503 || httpStatus === 429) metadata.set('grpc-retry-pushback-ms', '1000')
  return new GrpcStatus(grpcStatusOf(httpStatus), `${code}: ${detail}`, metadata)
}
