import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BackingConnections } from './backing-set.ts'
import { withLock } from './native/lock.ts'
import { repoRoot, stateDir } from './native/paths.ts'
import { isAlive, processIdentity } from './native/process-identity.ts'
import { waitFor } from './wait-for.ts'

/** Connections of the set of servers that `tools/test.ts` started for the whole run, as JSON. */
export const backingVariable = 'SLUICE_TEST_BACKING'

export const sharedDir: string = join(stateDir, 'test')
export const sharedLock: string = join(sharedDir, 'lock')
export const sharedState: string = join(sharedDir, 'backing.json')
export const usersDir: string = join(sharedDir, 'users')

interface SharedState {
  /** Identity of the keeper. */
  readonly keeper: string
  readonly connections: BackingConnections
}

let found: Promise<BackingConnections> | undefined

/**
 * One set of real servers for all tests. Never stop, kill or empty them: use topics, prefixes and keys of your own
 * (`uniqueName`), and `startKafka` and its siblings where something has to break.
 *
 * Outside of `npm test` the first test file that asks starts them, under a keeper that outlives it and stops them a
 * minute after the last user is gone.
 */
export function sharedBacking(): Promise<BackingConnections> {
  found ??= find()
  return found
}

async function find(): Promise<BackingConnections> {
  const given = process.env[backingVariable]
  if (given !== undefined) return JSON.parse(given) as BackingConnections
  return withLock(sharedLock, 'shared servers', say, async () => {
    const state = readSharedState() ?? (await startKeeper())
    mkdirSync(usersDir, { recursive: true })
    writeFileSync(join(usersDir, String(process.pid)), processIdentity(process.pid) ?? '')
    return state.connections
  })
}

/** State of a living keeper; null if there is none. */
function readSharedState(): SharedState | null {
  if (!existsSync(sharedState)) return null
  const state = JSON.parse(readFileSync(sharedState, 'utf8')) as SharedState
  return isAlive(state.keeper) ? state : null
}

async function startKeeper(): Promise<SharedState> {
  mkdirSync(sharedDir, { recursive: true })
  const log = openSync(join(sharedDir, 'keeper.log'), 'w')
  const keeper = spawn(process.execPath, [fileURLToPath(import.meta.resolve('./keeper.ts'))], {
    cwd: repoRoot,
    stdio: ['ignore', log, log],
    detached: true
  })
  keeper.unref()
  return waitFor(
    'shared servers',
    () => {
      if (keeper.exitCode !== null) return null
      return readSharedState() ?? undefined
    },
    { timeoutMs: 600_000, intervalMs: 50 }
  ).then((state) => {
    if (state === null) throw new Error(`shared servers: ${readFileSync(join(sharedDir, 'keeper.log'), 'utf8')}`)
    return state
  })
}

function say(line: string): void {
  process.stderr.write(`testkit: ${line}\n`)
}
