import { UnavailableError } from '@sluice/events'
import { unavailable } from './admin.ts'
import type { Client, Kafka } from './client.ts'

/** A connection that is made on first use, and thrown away after any trouble to be made anew on the next. */
export interface KeptConnection<T> {
  /** One at a time. Whatever goes wrong is an UnavailableError. */
  use<R>(doing: (made: T) => Promise<R>): Promise<R>
  /** Cuts it; what is under way rejects with UnavailableError. */
  close(): void
}

/** `what` is told in errors: "reading events.raw/3". */
export function keepConnection<T>(
  kafka: Kafka,
  what: string,
  connect: (client: Client) => Promise<T>
): KeptConnection<T> {
  let connection: { readonly client: Client; readonly made: Promise<T> } | null = null
  let cut: ((reason: Error) => void) | null = null
  let closed = false

  function connectNow(): NonNullable<typeof connection> {
    const client = kafka.client()
    return { client, made: connect(client) }
  }

  function closedError(): UnavailableError {
    return new UnavailableError('kafka', `${what}: closed`)
  }

  return {
    async use<R>(doing: (made: T) => Promise<R>): Promise<R> {
      if (closed) throw closedError()
      const mine = (connection ??= connectNow())
      const { promise, resolve, reject } = Promise.withResolvers<R>()
      cut = reject
      mine.made.then(doing).then(resolve, reject)
      try {
        return await promise
      } catch (cause) {
        mine.client.close()
        if (connection === mine) connection = null
        throw unavailable(what, cause)
      }
    },
    /** kafkajs goes on trying for a while on a connection that was cut; whoever waits here does not. */
    close() {
      closed = true
      connection?.client.close()
      connection = null
      cut?.(closedError())
    }
  }
}
