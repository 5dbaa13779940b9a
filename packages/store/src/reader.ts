import type { Connection } from './connection.ts'

export type Fields = Readonly<Record<string, string>>

/** Reads the store. What has ended is not there, whether Redis still holds it or not. Keys are given without prefix. */
export interface StoreReader {
  /** One answer per key, in order; null: not there. The store's own fields are left out. */
  states(keys: readonly string[]): Promise<readonly (Fields | null)[]>
  /** The entries of each key. */
  entries(keys: readonly string[]): Promise<readonly Fields[]>
  /** The values of each key that keeps recent ones, the newest first. */
  recent(keys: readonly string[]): Promise<readonly (readonly string[])[]>
  /** Everything there is, by key without prefix, exactly as stored; positions are left out. */
  dump(): Promise<ReadonlyMap<string, Fields>>
}

export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

export function createReader(connection: Connection, { now = Date.now }: Clock = {}): StoreReader {
  const { prefix } = connection

  async function hashes(keys: readonly string[]): Promise<Fields[]> {
    if (keys.length === 0) return []
    return connection.ask(async (redis) => {
      const pipeline = redis.pipeline()
      for (const key of keys) pipeline.hgetall(prefix + key)
      const replies = (await pipeline.exec()) ?? []
      return replies.map(([error, fields]) => {
        if (error !== null) throw error
        return fields as Fields
      })
    })
  }

  async function* keysByPage(): AsyncGenerator<string[]> {
    let cursor = '0'
    do {
      const pattern = `${prefix.replaceAll(/[*?[\]\\]/g, String.raw`\$&`)}*`
      const [next, page] = await connection.ask((redis) => redis.scan(cursor, 'MATCH', pattern, 'COUNT', 500))
      yield page.map((key) => key.slice(prefix.length)).filter((key) => !key.startsWith('positions:'))
      cursor = next
    } while (cursor !== '0')
  }

  return {
    async states(keys) {
      return (await hashes(keys)).map((fields) => {
        const { expires_at: end, ...own } = alive(fields, now())
        return end === undefined ? null : own
      })
    },
    async entries(keys) {
      return (await hashes(keys)).map((fields) =>
        Object.fromEntries(Object.entries(alive(fields, now())).map(([name, value]) => [name, afterBlank(value)]))
      )
    },
    async recent(keys) {
      return (await hashes(keys)).map((fields) => newestFirst(alive(fields, now())))
    },
    async dump() {
      const found = new Map<string, Fields>()
      for await (const page of keysByPage()) {
        const contents = await hashes(page)
        for (const [i, key] of page.entries()) {
          const fields = alive(contents[i] ?? {}, now())
          if (Object.keys(fields).length > 0) found.set(key, fields)
        }
      }
      return found
    }
  }
}

/** What of a hash has not ended: all or nothing where the hash has an end, else entry by entry. */
function alive(fields: Fields, nowMs: number): Fields {
  if (fields['expires_at'] !== undefined) return Number(fields['expires_at']) > nowMs ? fields : {}
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => Number.parseInt(value) > nowMs))
}

function afterBlank(value: string): string {
  return value.slice(value.indexOf(' ') + 1)
}

function newestFirst(fields: Fields): string[] {
  const count = Number(fields['count'] ?? 0)
  const size = Object.keys(fields).filter((name) => /^\d+$/.test(name)).length
  return Array.from({ length: size }, (_, age) => fields[String((count - 1 - age) % Math.max(size, 1))] ?? '')
}
