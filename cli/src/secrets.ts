import { createHash, randomBytes as systemRandomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface SecretsOptions {
  /** Where the files go. Made with mode 0700 if it is not there; an existing folder (a volume) keeps its mode. */
  readonly dir: string
  readonly randomBytes?: (size: number) => Buffer
}

/** The clients that get a key, each with the sources that it may write. */
export const clients: Readonly<Record<string, readonly string[]>> = {
  'flight-producer': ['urn:sluice:flight-producer'],
  'weather-producer': ['urn:sluice:weather-producer'],
  demo: ['urn:sluice:demo']
}

/**
 * Makes every secret of the platform that is not there yet, and returns the names of the files written.
 *
 * What exists is never changed, so it may run at each start. Each secret has one file that is the truth
 * (`aws-credentials`, `redis-password`, `api-key-*`); what servers read is made from those, so a run that was cut off
 * is completed by the next. To rotate a secret, delete its file, run this, and restart who reads it.
 */
export async function makeSecrets({
  dir,
  randomBytes = systemRandomBytes
}: SecretsOptions): Promise<readonly string[]> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const written: string[] = []
  const secret = () => randomBytes(32).toString('base64url')
  const make = async (name: string, mode: number, content: () => string, madeFrom?: string) => {
    const present = await readIfThere(join(dir, name))
    if (present !== null && !(madeFrom !== undefined && written.includes(madeFrom))) return present
    const text = content()
    await writeWhole(join(dir, name), mode, text)
    written.push(name)
    return text
  }

  const credentials = await make('aws-credentials', ours, () => awsCredentials(randomBytes(10), secret()))
  await make('s3.json', thirdParty, () => s3Identities(credentials), 'aws-credentials')
  const password = await make('redis-password', ours, () => `${secret()}\n`)
  await make('redis.conf', thirdParty, () => redisConf(password.trim()), 'redis-password')

  const keys: [id: string, key: string][] = []
  for (const id of Object.keys(clients)) {
    keys.push([id, (await make(`api-key-${id}`, ours, () => `${id}.${secret()}\n`)).trim()])
  }
  const present = await readIfThere(join(dir, 'api-keys.json'))
  const file = completedKeys(present, keys, randomBytes)
  if (file !== present) {
    await writeWhole(join(dir, 'api-keys.json'), ours, file)
    written.push('api-keys.json')
  }
  return written
}

/** Read by our own processes, which run as the user that makes the secrets. */
const ours = 0o600
/** Read in a container by a server that runs as a user of its image's choice. */
const thirdParty = 0o644

function awsCredentials(id: Buffer, secret: string): string {
  return `[default]\naws_access_key_id = ${id.toString('hex').toUpperCase()}\naws_secret_access_key = ${secret}\n`
}

/** SeaweedFS's `s3.config`: one identity that may do everything, and no anonymous one. */
function s3Identities(credentials: string): string {
  const accessKey = /^aws_access_key_id *= *(\S+)$/m.exec(credentials)?.[1]
  const secretKey = /^aws_secret_access_key *= *(\S+)$/m.exec(credentials)?.[1]
  if (accessKey === undefined || secretKey === undefined) {
    throw new Error('aws-credentials: expected aws_access_key_id and aws_secret_access_key under [default]')
  }
  const identity = {
    name: 'sluice',
    credentials: [{ accessKey, secretKey }],
    actions: ['Admin', 'Read', 'Write', 'List', 'Tagging']
  }
  return `${JSON.stringify({ identities: [identity] }, null, 2)}\n`
}

/** What keeps the promises of the real-time store; address, port and folder are for whoever starts the server. */
function redisConf(password: string): string {
  return `requirepass ${password}
# A full store refuses writes; it must never drop keys to make room.
maxmemory-policy noeviction
appendonly yes
appendfsync everysec
`
}

/** The collector's key file with a salted hash for each key; null, or one that lacks some, is completed. */
function completedKeys(
  present: string | null,
  keys: readonly [id: string, key: string][],
  randomBytes: (size: number) => Buffer
): string {
  const file = JSON.parse(present ?? '{"keys":[]}') as { keys: KeyEntry[] }
  const missing = keys.filter(([id, key]) => !file.keys.some((entry) => entry.id === id && fits(entry, key)))
  if (present !== null && missing.length === 0) return present
  const added = missing.map(([id, key]): KeyEntry => {
    const salt = randomBytes(16).toString('hex')
    return { id, salt, sha256: saltedHash(salt, key), sources: clients[id] ?? [], revoked: false }
  })
  return `${JSON.stringify({ ...file, keys: [...file.keys, ...added] }, null, 2)}\n`
}

interface KeyEntry {
  readonly id: string
  readonly salt: string
  readonly sha256: string
  readonly sources: readonly string[]
  readonly revoked: boolean
}

function fits(entry: KeyEntry, key: string): boolean {
  return entry.sha256 === saltedHash(entry.salt, key)
}

/** sha256(salt ‖ secret), the secret being what follows the first dot of the key. */
function saltedHash(salt: string, key: string): string {
  return createHash('sha256')
    .update(Buffer.from(salt, 'hex'))
    .update(key.slice(key.indexOf('.') + 1))
    .digest('hex')
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** By rename, so that no one ever reads half a file. */
async function writeWhole(path: string, mode: number, text: string): Promise<void> {
  const unfinished = `${path}.tmp`
  await writeFile(unfinished, text, { mode })
  await chmod(unfinished, mode) // the umask, and a leftover of a run that was cut off
  await rename(unfinished, path)
}
