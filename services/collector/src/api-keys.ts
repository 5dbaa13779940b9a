import { hash, timingSafeEqual } from 'node:crypto'
import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { RefusedError, type Log } from '@sluice/events'

/** Who sends: the id of the API key becomes the `sourceid` of the event. */
export interface Principal {
  readonly id: string
  /** The `source` values that it may write. */
  readonly sources: ReadonlySet<string>
}

export interface ApiKeys extends Disposable {
  /** Whose key an `authorization` header carries; null for none, a wrong or a revoked one. */
  authenticate(authorization: string | undefined): Principal | null
  /** Changes with the file. Whoever holds a principal for long asks again when it has changed. */
  generation(): number
}

interface Entry {
  readonly principal: Principal
  readonly salt: Buffer
  readonly sha256: Buffer
}

type Entries = ReadonlyMap<string, readonly Entry[]>

const watchIntervalMs = 1_000
const bearer = /^[Bb]earer +([a-z0-9][a-z0-9-]{0,63})\.([A-Za-z0-9_-]{43,256})$/

/**
 * Reads the key file and follows it. An id may occur several times, so that two keys of one client can be valid while
 * it changes over. RefusedError: the file cannot be read or used now; later a file that cannot is logged and the
 * keys stay as they were.
 *
 * A secret has at least 256 random bits, so one salted SHA-256 is enough to store it, and cheap enough (about 1 µs) to
 * be computed for every request: nothing that was once verified is kept.
 */
export async function openApiKeys(path: string, { log }: { readonly log: Log }): Promise<ApiKeys> {
  let entries = await load(path)
  let generation = 0

  async function reload(): Promise<void> {
    try {
      entries = await load(path)
      generation++
      log.info({ keys: entries.size }, 'API keys changed')
    } catch (error) {
      log.error({ err: error }, 'API keys stay as they were')
    }
  }

  // Polling sees a file that is replaced by a rename or through a mounted volume; events of the file system may not.
  const listener = () => void reload()
  watchFile(path, { interval: watchIntervalMs, persistent: false }, listener)
  return {
    authenticate: (authorization) => authenticate(entries, authorization),
    generation: () => generation,
    [Symbol.dispose]: () => unwatchFile(path, listener)
  }
}

function authenticate(entries: Entries, authorization: string | undefined): Principal | null {
  const [, id, secret] = bearer.exec(authorization ?? '') ?? []
  if (id === undefined || secret === undefined) return null
  for (const { principal, salt, sha256 } of entries.get(id) ?? []) {
    const found = hash('sha256', Buffer.concat([salt, Buffer.from(secret)]), 'buffer')
    if (timingSafeEqual(found, sha256)) return principal
  }
  return null
}

async function load(path: string): Promise<Entries> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new RefusedError([`API_KEYS_FILE: ${path} cannot be read`], { cause: error })
  }
  return parseApiKeys(text)
}

/** Reads `{"keys":[{"id","salt","sha256","sources","revoked"}]}`; throws RefusedError with every problem found. */
export function parseApiKeys(text: string): Entries {
  const problems: string[] = []
  const entries = new Map<string, Entry[]>()
  for (const [index, key] of keysOf(text).entries()) {
    const { id, salt, sha256, sources, revoked = false } = key
    const wrong = (name: string, expected: string) =>
      problems.push(`API keys: keys[${index}].${name}: expected ${expected}`)
    if (!isText(id, /^[a-z0-9][a-z0-9-]{0,63}$/)) wrong('id', '1 to 64 lower-case letters, digits and hyphens')
    else if (!isText(salt, /^(?:[0-9a-f]{2}){8,64}$/)) wrong('salt', '8 to 64 bytes in hexadecimal')
    else if (!isText(sha256, /^[0-9a-f]{64}$/)) wrong('sha256', '32 bytes in hexadecimal')
    else if (!Array.isArray(sources) || !sources.every((source) => isText(source, /./)))
      wrong('sources', 'a list of texts')
    else if (typeof revoked !== 'boolean') wrong('revoked', 'true or false')
    else if (!revoked) {
      const principal = { id, sources: new Set<string>(sources) }
      const entry = { principal, salt: Buffer.from(salt, 'hex'), sha256: Buffer.from(sha256, 'hex') }
      entries.set(id, [...(entries.get(id) ?? []), entry])
    }
  }
  if (problems.length > 0) throw new RefusedError(problems)
  return entries
}

function keysOf(text: string): readonly Record<string, unknown>[] {
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch {
    throw new RefusedError(['API keys: expected JSON, found other text'])
  }
  const keys = typeof file === 'object' && file !== null && 'keys' in file ? file.keys : undefined
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'object' && key !== null)) {
    throw new RefusedError(['API keys: expected an object with a list "keys" of objects'])
  }
  return keys as readonly Record<string, unknown>[]
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value)
}
