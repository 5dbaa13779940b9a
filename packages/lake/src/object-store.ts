import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import {
  attempt,
  bytesPerMs,
  defaultAttemptMs,
  directoriesOf,
  listPages,
  openClient,
  operationMs
} from './s3-request.ts'

/** Where the bucket is. Credentials come from the SDK's default chain unless they are given. */
export interface ObjectStoreSettings {
  /** Null: AWS itself. */
  readonly endpoint: string | null
  readonly region: string
  /** Bucket in the path instead of the host name. */
  readonly forcePathStyle: boolean
  readonly bucket: string
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Deadline of one attempt at a request, beside the time that a body takes at 1 MiB/s. Default 10 s. */
  readonly attemptMs?: number
}

/**
 * One bucket. Every request has a deadline and at most three attempts; what remains is an UnavailableError('s3'),
 * also for 403 and for a missing bucket, or a RefusedError for a wrong region.
 */
export interface ObjectStore {
  /** Null: there is no such object. */
  get(key: string, signal?: AbortSignal): Promise<Buffer | null>
  /** Bytes `start` to `end`, both included, as HTTP counts them. */
  getRange(key: string, start: number, end: number, signal?: AbortSignal): Promise<Buffer | null>
  /** Streams an object into a file; false: there is no such object. */
  download(key: string, path: string, signal?: AbortSignal): Promise<boolean>
  put(key: string, body: Buffer, signal?: AbortSignal): Promise<void>
  /**
   * True: the object holds exactly these bytes, written by this call or by one whose answer was lost; so bodies must be
   * unique. False: someone else's object is there.
   */
  putIfAbsent(key: string, body: Buffer, signal?: AbortSignal): Promise<boolean>
  /** Names within one flat directory (no subdirectories), in order, above `after`. */
  list(directory: string, options?: { readonly after?: string; readonly signal?: AbortSignal }): Promise<string[]>
  /** Names of the directories within one, in order. */
  listDirectories(directory: string, signal?: AbortSignal): Promise<string[]>
  close(): void
}

/** Opens a client; no request is made. */
export function openObjectStore(settings: ObjectStoreSettings): ObjectStore {
  const { bucket: Bucket, attemptMs = defaultAttemptMs } = settings
  const client = openClient(settings)

  function read<T>(key: string, range: string | undefined, timeoutMs: number, take: Take<T>, signal?: AbortSignal) {
    const send = async (abortSignal: AbortSignal) => {
      const command = new GetObjectCommand({ Bucket, Key: key, ...(range !== undefined && { Range: range }) })
      const { Body } = await client.send(command, { abortSignal })
      // A body that stops half way fails here, inside the attempt.
      return await take(Body as Readable, abortSignal)
    }
    return attempt(`GET ${Bucket}/${key}`, timeoutMs, send, { signal, missing: null })
  }

  async function get(key: string, signal?: AbortSignal): Promise<Buffer | null> {
    return read(key, undefined, attemptMs, collect, signal)
  }

  function send(key: string, body: Buffer, condition: { IfNoneMatch?: '*' }) {
    return async (abortSignal: AbortSignal) => {
      await client.send(new PutObjectCommand({ Bucket, Key: key, Body: body, ...condition }), { abortSignal })
      return true
    }
  }

  return {
    get,

    getRange(key, start, end, signal) {
      return read(key, `bytes=${start}-${end}`, attemptMs, collect, signal)
    },

    async download(key, path, signal) {
      const toFile = async (body: Readable, abortSignal: AbortSignal) => {
        await pipeline(body, createWriteStream(path), { signal: abortSignal })
        return true
      }
      return (await read(key, undefined, operationMs, toFile, signal)) ?? false
    },

    async put(key, body, signal) {
      const timeoutMs = attemptMs + body.length / bytesPerMs
      await attempt(`PUT ${Bucket}/${key}`, timeoutMs, send(key, body, {}), { signal })
    },

    async putIfAbsent(key, body, signal) {
      const done = await attempt(`PUT ${Bucket}/${key}`, attemptMs, send(key, body, { IfNoneMatch: '*' }), {
        signal,
        conflict: false
      })
      // A conflict may be with ourselves: an earlier attempt, here or in a proxy, whose answer was lost.
      return done || ((await get(key, signal))?.equals(body) ?? false)
    },

    async list(directory, { after, signal } = {}) {
      const names: string[] = []
      for await (const { Contents = [] } of listPages(client, settings, directory, { after, signal })) {
        for (const { Key } of Contents) if (Key !== undefined) names.push(Key.slice(directory.length + 1))
      }
      return names
        .filter((name) => name !== '' && (after === undefined || name > after))
        .toSorted((a, b) => (a < b ? -1 : 1))
    },

    async listDirectories(directory, signal) {
      const names: string[] = []
      for await (const page of listPages(client, settings, directory, { signal })) {
        names.push(...directoriesOf(page, directory))
      }
      return names.toSorted((a, b) => (a < b ? -1 : 1))
    },

    close() {
      client.destroy()
    }
  }
}

type Take<T> = (body: Readable, signal: AbortSignal) => Promise<T>

async function collect(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
