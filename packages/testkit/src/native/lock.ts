import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, processIdentity } from './process-identity.ts'
import type { Say } from './paths.ts'

/** Runs `work` while no other process holds the same lock. The lock of a dead process counts as free. */
export async function withLock<T>(path: string, what: string, say: Say, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true })
  const mine = `${path}.${process.pid}.${nextTicket()}`
  let told = false
  while (!take(path, mine)) {
    const owner = ownerOf(path)
    if (owner !== null && !isAlive(owner)) {
      breakLock(path, mine)
      continue
    }
    if (!told && owner !== null) say(`${what}: waiting for process ${owner.split(':')[0]}`)
    told = true
    await sleep(50)
  }
  try {
    return await work()
  } finally {
    release(path, mine)
  }
}

let tickets = 0
const nextTicket = (): number => (tickets += 1)

/** A folder that already names its owner is renamed into place: there is no moment in which a lock has no owner. */
function take(path: string, mine: string): boolean {
  mkdirSync(mine, { recursive: true })
  writeFileSync(`${mine}/owner`, processIdentity(process.pid) ?? `${process.pid}:?`)
  try {
    renameSync(mine, path)
    return true
  } catch {
    rmSync(mine, { recursive: true, force: true })
    return false
  }
}

/** Moved away as a whole: emptied in place, it would for a moment be a folder that another's rename may replace. */
function release(path: string, mine: string): void {
  const spent = `${mine}.spent`
  renameSync(path, spent)
  rmSync(spent, { recursive: true, force: true })
}

function ownerOf(path: string): string | null {
  try {
    return readFileSync(`${path}/owner`, 'utf8')
  } catch {
    return null
  }
}

/** Two processes may find the same dead owner: the rename lets one of them clear it away, not the lock that follows. */
function breakLock(path: string, mine: string): void {
  const grave = `${mine}.dead`
  try {
    renameSync(path, grave)
  } catch {
    return
  }
  const owner = ownerOf(grave)
  if (owner !== null && isAlive(owner)) {
    // A live one slipped in between look and rename: give it back.
    try {
      renameSync(grave, path)
      return
    } catch {
      // Someone else holds it by now; the slipped-in owner has lost it, which needs three racing processes and a crash.
    }
  }
  rmSync(grave, { recursive: true, force: true })
}
