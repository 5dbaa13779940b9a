import { AbortMultipartUploadCommand, DeleteObjectCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import { openObjectStore, type ObjectStore, type ObjectStoreSettings } from './object-store.ts'
import { attempt, defaultAttemptMs, directoriesOf, listPages, openClient } from './s3-request.ts'

/** An object as a listing shows it. */
export interface ListedObject {
  readonly key: string
  readonly bytes: number
  /** Since it was last written, by S3's own clock. */
  readonly ageMs: number
}

/** A multipart upload that nobody has completed. */
export interface OpenUpload {
  readonly key: string
  readonly id: string
  readonly ageMs: number
}

/** A bucket with the right to delete, which nobody has who loads or reads. Errors are those of `ObjectStore`. */
export interface SweeperStore extends ObjectStore {
  /** What lies directly in one directory, in no order: its objects, and the names of its directories. */
  listEntries(directory: string, signal?: AbortSignal): Promise<Entries>
  /** Also fine where it is gone already. */
  delete(key: string, signal?: AbortSignal): Promise<void>
  /** Uploads below a directory, however deep. */
  listUploads(directory: string, signal?: AbortSignal): Promise<readonly OpenUpload[]>
  abortUpload(upload: OpenUpload, signal?: AbortSignal): Promise<void>
}

export interface Entries {
  readonly objects: readonly ListedObject[]
  readonly directories: readonly string[]
}

/** Opens a client; no request is made. */
export function openSweeperStore(settings: ObjectStoreSettings): SweeperStore {
  const { bucket: Bucket, attemptMs = defaultAttemptMs } = settings
  const store = openObjectStore(settings)
  const client = openClient(settings)
  // Of the newest answer: when S3 says that it was given.
  let answeredMs = NaN
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const { headers = {} } = result.response as { headers?: Readonly<Record<string, string>> }
      answeredMs = Date.parse(headers['date'] ?? '')
      return result
    },
    { step: 'deserialize' }
  )

  /** One after the other, so that each answer is dated by its own. */
  function ageOf(date: Date | undefined): number {
    const ageMs = answeredMs - (date?.getTime() ?? NaN)
    if (Number.isNaN(ageMs)) throw new Error(`s3: ${Bucket}: a listing without times: nothing in it has an age`)
    // The date of an answer has whole seconds.
    return Math.max(0, ageMs)
  }

  return {
    ...store,

    async listEntries(directory, signal) {
      const objects: ListedObject[] = []
      const directories: string[] = []
      for await (const page of listPages(client, settings, directory, { signal })) {
        for (const { Key: key, Size: bytes = 0, LastModified } of page.Contents ?? []) {
          if (key !== undefined && !key.endsWith('/')) objects.push({ key, bytes, ageMs: ageOf(LastModified) })
        }
        directories.push(...directoriesOf(page, directory))
      }
      return { objects, directories }
    },

    async delete(key, signal) {
      const send = (abortSignal: AbortSignal) =>
        client.send(new DeleteObjectCommand({ Bucket, Key: key }), { abortSignal })
      await attempt(`DELETE ${Bucket}/${key}`, attemptMs, send, { signal, missing: null })
    },

    async listUploads(directory, signal) {
      const uploads: OpenUpload[] = []
      let from: { KeyMarker?: string; UploadIdMarker?: string } | null = {}
      while (from !== null) {
        const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
          Bucket,
          Prefix: `${directory}/`,
          ...from
        })
        const send = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
        const page = await attempt(`LIST ${Bucket}/${directory}/?uploads`, attemptMs, send, { signal })
        for (const { Key: key, UploadId: id, Initiated } of page.Uploads ?? []) {
          if (key !== undefined && id !== undefined) uploads.push({ key, id, ageMs: ageOf(Initiated) })
        }
        const { IsTruncated = false, NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page
        from =
          IsTruncated && KeyMarker !== undefined
            ? { KeyMarker, ...(UploadIdMarker !== undefined && { UploadIdMarker }) }
            : null
      }
      return uploads
    },

    async abortUpload({ key, id }, signal) {
      const command = new AbortMultipartUploadCommand({ Bucket, Key: key, UploadId: id })
      const send = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
      await attempt(`ABORT ${Bucket}/${key}`, attemptMs, send, { signal, missing: null })
    },

    close() {
      store.close()
      client.destroy()
    }
  }
}
