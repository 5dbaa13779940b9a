// Holds one set of servers for test files that are run one by one (see shared-backing.ts). Not for importing.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBackingSet } from './backing-set.ts'
import { withLock } from './native/lock.ts'
import { isAlive, processIdentity } from './native/process-identity.ts'
import { sharedDir, sharedLock, sharedState, usersDir } from './shared-backing.ts'

const idleMs = 60_000
const say = (line: string): void => console.log(line)

clearAwayDeadRuns()
const dir = join(sharedDir, `run-${process.pid}`)
mkdirSync(usersDir, { recursive: true })
const set = await startBackingSet({ dir, log: say })
const state = { keeper: processIdentity(process.pid), connections: set.connections }
writeFileSync(`${sharedState}.tmp`, JSON.stringify(state), { mode: 0o600 })
renameSync(`${sharedState}.tmp`, sharedState)

const asked = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => asked.abort())
let lastUse = performance.now()
while (!asked.signal.aborted) {
  await sleep(500)
  if (countUsers() > 0) lastUse = performance.now()
  if (performance.now() - lastUse > idleMs) {
    // Whoever comes while the lock is held finds no state, and starts a keeper of its own.
    await withLock(sharedLock, 'shared servers', say, async () => {
      if (countUsers() > 0) return
      rmSync(sharedState, { force: true })
      asked.abort()
    })
  }
}
await set.stop()
rmSync(dir, { recursive: true, force: true })

function countUsers(): number {
  return readdirSync(usersDir).filter((name) => {
    const file = join(usersDir, name)
    if (isAlive(readFileSync(file, 'utf8'))) return true
    rmSync(file, { force: true })
    return false
  }).length
}

function clearAwayDeadRuns(): void {
  mkdirSync(sharedDir, { recursive: true })
  for (const name of readdirSync(sharedDir)) {
    const pid = /^run-(\d+)$/.exec(name)?.[1]
    if (pid !== undefined && processIdentity(Number(pid)) === null)
      rmSync(join(sharedDir, name), { recursive: true, force: true })
  }
}
