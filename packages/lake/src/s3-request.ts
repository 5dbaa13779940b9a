import { setTimeout as sleep } from 'node:timers/promises'
import { ListObjectsV2Command, S3Client, type ListObjectsV2CommandOutput } from '@aws-sdk/client-s3'
import { faultOf, storeError } from './object-error.ts'
import type { ObjectStoreSettings } from './object-store.ts'

const attempts = 3
export const defaultAttemptMs = 10_000
export const operationMs = 45_000
export const bytesPerMs = 1024

export function openClient(settings: ObjectStoreSettings): S3Client {
  return new S3Client({
    region: settings.region,
    forcePathStyle: settings.forcePathStyle,
    ...(settings.endpoint !== null && { endpoint: settings.endpoint }),
    ...(settings.credentials !== undefined && { credentials: settings.credentials }),
    // Attempts are counted here: the SDK's own would turn a lost answer to a conditional PUT into a plain 412.
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 3000, httpAgent: { maxSockets: 16 }, httpsAgent: { maxSockets: 16 } }
  })
}

export interface Answers<M> {
  readonly signal?: AbortSignal | undefined
  /** What a 404 means. */
  readonly missing?: M
  /** What a 412 or 409 means. */
  readonly conflict?: M
}

/** Up to three attempts, each with a deadline, all of them within one. */
export async function attempt<T, M = never>(
  what: string,
  timeoutMs: number,
  send: (signal: AbortSignal) => Promise<T>,
  answers: Answers<M>
): Promise<T | M> {
  const { signal } = answers
  const deadline = performance.now() + operationMs
  for (let number = 1; ; number++) {
    signal?.throwIfAborted()
    const limit = AbortSignal.timeout(Math.ceil(Math.min(timeoutMs, Math.max(1, deadline - performance.now()))))
    try {
      return await send(signal === undefined ? limit : AbortSignal.any([signal, limit]))
    } catch (error) {
      signal?.throwIfAborted()
      const fault = faultOf(error)
      if (fault === 'missing' && answers.missing !== undefined) return answers.missing
      if (fault === 'conflict' && answers.conflict !== undefined) return answers.conflict
      if (fault !== 'transient' || number >= attempts || performance.now() > deadline) throw storeError(what, error)
      await sleep(50 * 4 ** (number - 1) * (1 + Math.random()), undefined, { signal })
    }
  }
}

interface Listing {
  /** Only names above this one. */
  readonly after?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** The answers of S3 for what lies directly in one directory, page by page. */
export async function* listPages(
  client: S3Client,
  { bucket: Bucket, attemptMs = defaultAttemptMs }: ObjectStoreSettings,
  directory: string,
  { after, signal }: Listing
): AsyncGenerator<ListObjectsV2CommandOutput> {
  let token: string | undefined
  do {
    const command = new ListObjectsV2Command({
      Bucket,
      Prefix: `${directory}/`,
      Delimiter: '/',
      ...(token !== undefined && { ContinuationToken: token }),
      ...(token === undefined && after !== undefined && { StartAfter: `${directory}/${after}` })
    })
    const send = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
    const page = await attempt(`LIST ${Bucket}/${directory}/`, attemptMs, send, { signal })
    yield page
    token = page.NextContinuationToken
  } while (token !== undefined)
}

/** Names of the directories of a page. */
export function directoriesOf({ CommonPrefixes = [] }: ListObjectsV2CommandOutput, directory: string): string[] {
  return CommonPrefixes.map(({ Prefix = '' }) => Prefix.slice(directory.length + 1, -1))
}
