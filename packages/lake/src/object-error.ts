import { RefusedError, UnavailableError } from '@sluice/events'

/** What an error of the S3 client says, as far as anyone here acts on it. */
export type StoreFault = 'missing' | 'conflict' | 'transient' | 'outage' | 'refused' | 'bug'

/** Sorts an error of the S3 client. `transient`: worth another attempt now; `outage`: only worth one later. */
export function faultOf(error: unknown): StoreFault {
  const { name, status, code, isAnswer } = describe(error)
  if (name === 'NoSuchBucket') return 'outage'
  if (status === 404) return 'missing'
  if (status === 412 || status === 409) return 'conflict'
  if (name === 'RequestTimeTooSkewed' || name === 'RequestTimeout' || name === 'SlowDown') return 'transient'
  if (name === 'AuthorizationHeaderMalformed' || (status !== undefined && status >= 300 && status < 400))
    return 'refused'
  if (status === 401 || status === 403 || name === 'CredentialsProviderError') return 'outage'
  if (status === 429 || (status !== undefined && status >= 500)) return 'transient'
  if (status !== undefined && status >= 400) return 'bug'
  // No answer at all, or one that is not S3's: a page of some proxy.
  const isWorld = code !== undefined && !code.startsWith('ERR_INVALID_')
  return isWorld || isAnswer || name === 'TimeoutError' || name === 'AbortError' ? 'transient' : 'bug'
}

/** The error to throw for a request that has failed for good; `what` names it: `PUT lake/bronze/x`. */
export function storeError(what: string, error: unknown): Error {
  const { name, status, message } = describe(error)
  const known = name === 'Unknown' || message === 'UnknownError' ? '' : ` ${name}: ${message}`
  const said = `s3: ${what}: ${status ?? 'no answer'}${known}`
  switch (faultOf(error)) {
    case 'refused':
      return new RefusedError([`${said}; expected S3_REGION and S3_ENDPOINT to be those of the bucket`], {
        cause: error
      })
    case 'transient':
    case 'outage':
      return new UnavailableError('s3', said, { cause: error })
    default:
      return new Error(said, { cause: error })
  }
}

function describe(error: unknown) {
  const { name, message, code, $metadata, $response } = (error ?? {}) as {
    name?: string
    message?: string
    code?: unknown
    $metadata?: { httpStatusCode?: number }
    $response?: { statusCode?: number }
  }
  return {
    name: name ?? 'Error',
    message: message ?? String(error),
    status: $metadata?.httpStatusCode,
    code: typeof code === 'string' ? code : undefined,
    isAnswer: $response !== undefined
  }
}
