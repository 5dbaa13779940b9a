import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const windowMs = 2_000
const windows = 20

/**
 * The smallest share of a core that all threads of a process use together in two seconds, of twenty tries at most; no
 * more of them once one is below `enough`: what starts goes on for a while, and a machine may be busy otherwise.
 */
export async function idleShare(pid: number, enough: number): Promise<number> {
  let least = Infinity
  for (let i = 0; i < windows && least >= enough; i += 1) {
    const [usedMs, startMs] = [cpuMs(pid), performance.now()]
    await sleep(windowMs)
    least = Math.min(least, (cpuMs(pid) - usedMs) / (performance.now() - startMs))
  }
  return least
}

function cpuMs(pid: number): number {
  const tasks = `/proc/${pid}/task`
  const usedNs = readdirSync(tasks).map((id) =>
    Number(readFileSync(join(tasks, id, 'schedstat'), 'utf8').split(' ')[0])
  )
  return usedNs.reduce((a, b) => a + b, 0) / 1e6
}
