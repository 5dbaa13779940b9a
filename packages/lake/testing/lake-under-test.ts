import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateMultipartUploadCommand, DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { Log } from '@sluice/events'
import { sharedBacking, uniqueName, waitFor } from '@sluice/testkit'
import { openDuck, type Duck } from '../src/duck.ts'
import { openObjectStore, type ObjectStore, type ObjectStoreSettings } from '../src/object-store.ts'

/** A prefix of its own on the real S3 server, and what works on it. */
export interface LakeUnderTest extends AsyncDisposable {
  readonly store: ObjectStore
  readonly storeSettings: ObjectStoreSettings
  /** For read_delta.py. */
  readonly connection: object
  readonly duck: Duck
  readonly prefix: string
  readonly workDir: string
  readonly log: Log
  /** Messages that were logged as warnings. */
  readonly warnings: string[]
  readonly now: () => number
  /** Nobody who loads or reads ever deletes; other engines and operators do. */
  delete(keys: readonly string[]): Promise<void>
  /** Begins a multipart upload, as other engines do, and leaves it. */
  openUpload(key: string): Promise<void>
}

export async function openLakeUnderTest(): Promise<LakeUnderTest> {
  const connection = (await sharedBacking()).s3.settings
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = connection
  const storeSettings = {
    endpoint,
    region,
    bucket,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey }
  }
  const workDir = await mkdtemp(join(tmpdir(), 'sluice-lake-'))
  const store = openObjectStore(storeSettings)
  // SeaweedFS answers a moment before it has made its bucket.
  await waitFor('the bucket', () => store.list('x').then(() => true), { timeoutMs: 10_000 })
  const duck = await openDuck({ tempDir: join(workDir, 'duck') })
  const warnings: string[] = []
  return {
    store,
    storeSettings,
    connection,
    duck,
    workDir,
    warnings,
    prefix: uniqueName('bronze'),
    log: { debug: ignore, info: ignore, error: ignore, warn: (_fields, message) => void warnings.push(message) },
    now: () => Date.now(),
    async delete(keys) {
      const client = new S3Client({ ...storeSettings, requestChecksumCalculation: 'WHEN_REQUIRED' })
      await Promise.all(keys.map((Key) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key }))))
      client.destroy()
    },
    async openUpload(Key) {
      const client = new S3Client({ ...storeSettings, requestChecksumCalculation: 'WHEN_REQUIRED' })
      await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }))
      client.destroy()
    },
    async [Symbol.asyncDispose]() {
      await duck.close()
      store.close()
      await rm(workDir, { recursive: true, force: true })
    }
  }
}

function ignore(): void {}
