import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startBacking, type Backing } from './backing.ts'
import { spawnGuarded } from './guarded.ts'
import { installRedis } from './install-redis.ts'
import type { Say } from './paths.ts'
import { freePort } from './ports.ts'
import { answersRedis } from './probes.ts'

export interface RedisOptions {
  /** Data, configuration and log live here; a folder that was used before is gone on with. */
  readonly dir: string
  readonly port?: number
  readonly password?: string
  /** Further directives of redis.conf, `maxmemory 64mb`; they win over ours. */
  readonly directives?: readonly string[]
  readonly logFile?: string
  readonly log?: Say
}

export interface RedisConnection {
  readonly url: string
  readonly password: string
}

/** One real Redis on loopback, with append-only file and without eviction, as the platform runs it. */
export async function startRedis(options: RedisOptions): Promise<Backing<RedisConnection>> {
  const { dir, log = () => undefined } = options
  const program = await installRedis(log)
  mkdirSync(join(dir, 'data'), { recursive: true })
  const port = options.port ?? (await freePort())
  const password = options.password ?? randomBytes(24).toString('base64url')
  const configFile = join(dir, 'redis.conf')
  const directives = [
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
    ...(options.directives ?? []),
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${join(dir, 'data')}`,
    `requirepass ${password}`,
    'daemonize no'
  ]
  // A file, not arguments: a password on a command line is there for everyone to see.
  writeFileSync(configFile, `${directives.join('\n')}\n`, { mode: 0o600 })
  return startBacking({
    name: 'redis',
    port,
    dir,
    settings: { url: `redis://127.0.0.1:${port}`, password },
    graceMs: 10_000,
    start: () =>
      spawnGuarded({
        command: program,
        args: [configFile],
        cwd: dir,
        logFile: options.logFile ?? join(dir, 'redis.log'),
        onOrphan: 'SIGTERM'
      }),
    isReady: () => answersRedis(port, password)
  })
}
