import { readFileSync } from 'node:fs'

/** A process that cannot be confused with a later one under the same pid: `<pid>:<start time in clock ticks since boot>`. */
export function processIdentity(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold spaces; what follows it may not. State is field 3, start time field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return null
    return `${pid}:${fields[19]}`
  } catch {
    return null
  }
}

/** True while the very process that `processIdentity` named still runs. */
export function isAlive(identity: string): boolean {
  return processIdentity(Number(identity.split(':')[0])) === identity
}
