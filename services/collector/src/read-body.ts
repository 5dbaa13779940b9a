import type { IncomingMessage } from 'node:http'
import type { InFlight } from './in-flight.ts'
import { RequestRefused } from './refusals.ts'

export interface BodyLimits {
  readonly maxBytes: number
  readonly inFlight: InFlight
}

/** A whole body. Disposing of it gives back the room that it takes. */
export interface Body extends Disposable {
  readonly bytes: Buffer
}

/**
 * Reads a body into memory, never more than its limit and never more than there is room for: each piece is counted as
 * it comes, whatever the client announced. The rest of a refused body stays unread.
 */
export async function readBody(request: IncomingMessage, { maxBytes, inFlight }: BodyLimits): Promise<Body> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const chunks: Buffer[] = []
  let length = 0

  function take(chunk: Buffer): void {
    if (length + chunk.length > maxBytes) throw tooLarge(maxBytes)
    if (!inFlight.take(chunk.length)) throw new RequestRefused('overloaded', 'body: too much is in flight')
    length += chunk.length
    chunks.push(chunk)
  }

  try {
    await eachChunk(request, take)
  } catch (error) {
    inFlight.release(length)
    throw error
  }
  const [first = Buffer.alloc(0)] = chunks
  return {
    bytes: chunks.length > 1 ? Buffer.concat(chunks) : first,
    [Symbol.dispose]: () => inFlight.release(length)
  }
}

/** Not by async iteration: leaving that early destroys the socket, and the refusal with it. */
function eachChunk(request: IncomingMessage, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    function stop(error: unknown): void {
      request.off('data', onData)
      request.pause()
      reject(error)
    }
    function onData(chunk: Buffer): void {
      try {
        take(chunk)
      } catch (error) {
        stop(error)
      }
    }
    request.on('data', onData)
    request.once('end', resolve)
    request.once('error', reject)
  })
}

function tooLarge(maxBytes: number): RequestRefused {
  return new RequestRefused('body_too_large', `body: expected at most ${maxBytes} bytes, found more`)
}
