import { CreateBucketCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { storeError } from './object-error.ts'
import type { ObjectStoreSettings } from './object-store.ts'

const timeoutMs = 10_000

/** Makes the bucket if it is not there; true if it made it. Throws UnavailableError('s3'). */
export async function ensureBucket(settings: ObjectStoreSettings): Promise<boolean> {
  const { bucket: Bucket, endpoint, region, forcePathStyle, credentials } = settings
  const client = new S3Client({
    region,
    forcePathStyle,
    ...(endpoint !== null && { endpoint }),
    ...(credentials !== undefined && { credentials }),
    maxAttempts: 1
  })
  const options = { abortSignal: AbortSignal.timeout(timeoutMs) }
  try {
    await client.send(new HeadBucketCommand({ Bucket }), options)
    return false
  } catch (error) {
    if (!isMissing(error)) throw storeError(`HEAD ${Bucket}`, error)
  }
  try {
    await client.send(new CreateBucketCommand({ Bucket }), options)
    return true
  } catch (error) {
    if (isOurs(error)) return false
    throw storeError(`PUT ${Bucket}`, error)
  } finally {
    client.destroy()
  }
}

function isMissing(error: unknown): boolean {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404
}

/** Someone else of ours was quicker. */
function isOurs(error: unknown): boolean {
  return (error as { name?: string }).name === 'BucketAlreadyOwnedByYou'
}
