import { readFileSync } from 'node:fs'
import { RefusedError, UnavailableError } from '@sluice/events'
import { Redis, ReplyError } from 'ioredis'

export interface StoreOptions {
  /** `redis://host:port/database`; `rediss://` for TLS. May hold a user, never a password. */
  readonly url: string
  readonly password?: string | undefined
  /** Before every key. Default `sluice:`. */
  readonly prefix?: string
  /** How long one command may take. Default 5,000. */
  readonly timeoutMs?: number
}

export interface Connection extends AsyncDisposable {
  readonly prefix: string
  /** Runs commands; every fault of the world comes out as UnavailableError('redis'). */
  ask<T>(commands: (redis: Client) => Promise<T>): Promise<T>
  /** Why commands would fail now; null: they would not. */
  problem(): string | null
}

const notConnected = 'not connected'

/** ioredis with our script. */
interface Client extends Redis {
  applyBatch(numberOfKeys: 1, ...args: string[]): Promise<[string, ...(string | number)[]]>
}

/** Connects. UnavailableError when the server does not answer, RefusedError when it does not let us in. */
export async function openConnection(options: StoreOptions): Promise<Connection> {
  const redis = createClient(options)
  let lastError: Error | null = null
  redis.on('error', (error: Error) => {
    lastError = error
  })
  redis.on('ready', () => {
    lastError = null
  })
  try {
    await redis.connect()
  } catch (error) {
    redis.disconnect()
    throw connectFault(lastError ?? (error as Error))
  }
  return {
    prefix: options.prefix ?? 'sluice:',
    problem: () => (redis.status === 'ready' ? null : (lastError?.message ?? notConnected)),
    async ask(commands) {
      try {
        return await commands(redis)
      } catch (error) {
        throw fault(error, lastError)
      }
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect()
    }
  }
}

/**
 * No command is ever sent twice by the library, and none waits for a connection: what is in doubt comes back as an error,
 * and the position that the script compares says what really happened.
 */
function createClient({ url, password, timeoutMs = 5_000 }: StoreOptions): Client {
  const { protocol, hostname, port, pathname, username } = new URL(url)
  const redis = new Redis({
    host: hostname,
    port: port === '' ? 6379 : Number(port),
    db: pathname.length > 1 ? Number(pathname.slice(1)) : 0,
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== undefined && { password }),
    ...(protocol === 'rediss:' && { tls: {} }),
    protocol: 2,
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    // A connection that does not answer is closed: behind it commands would queue for ever.
    socketTimeout: timeoutMs,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    // 0: whatever is under way fails as soon as the connection does.
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(2_000, 50 * 2 ** attempt),
    // After a failover the old primary is a replica: only a new connection finds the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY')
  })
  redis.defineCommand('applyBatch', { lua: readFileSync(new URL('./apply-batch.lua', import.meta.url), 'utf8') })
  return redis as Client
}

function connectFault(error: Error): Error {
  return /^(WRONGPASS|NOAUTH|NOPERM)|invalid password/.test(error.message)
    ? new RefusedError([`redis does not let us in: ${error.message}`])
    : new UnavailableError('redis', error.message)
}

/** Replies that say something about the state of the server; any other error reply is a bug of ours. */
const serverStates =
  /^(LOADING|BUSY|READONLY|OOM|MISCONF|MASTERDOWN|NOREPLICAS|TRYAGAIN|CLUSTERDOWN|UNKILLABLE|NOAUTH|WRONGPASS|NOPERM)\b/

function fault(error: unknown, lastError: Error | null): unknown {
  if (!(error instanceof Error) || error instanceof TypeError) return error
  if (!(error instanceof ReplyError)) return new UnavailableError('redis', lastError?.message ?? inWords(error.message))
  // The library hangs the whole command on the error, with the events or the password that it holds; it goes no further.
  return serverStates.test(error.message)
    ? new UnavailableError('redis', error.message)
    : new Error(`redis: ${error.message}`)
}

function inWords(message: string): string {
  if (message.startsWith('Stream isn')) return notConnected
  return message.startsWith('Reached the max retries') ? 'the connection was lost' : message
}
