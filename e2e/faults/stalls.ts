import { readFileSync } from 'node:fs'
import type { Lab } from './lab.ts'
import { progressOf, type Watch } from './watch.ts'

/** Looks on while a run goes: who stood still for how long, and who took how much memory. */
export interface Stalls extends Disposable {
  result(): {
    readonly stalls: Readonly<Record<string, number>>
    readonly memory: Readonly<Record<string, number>>
    /** Why looks failed; empty: none did. */
    readonly failedLooks: readonly string[]
  }
}

const services = ['collector', 'enricher', 'batch-loader', 'realtime-loader']
const everyMs = 2_000

export function openStalls(lab: Lab, watch: Watch): Stalls {
  const moved = new Map(services.map((service) => [service, { at: performance.now(), last: -1, longestMs: 0 }]))
  const memory = new Map<string, number>()
  let looking = false

  async function look(): Promise<void> {
    const sight = await watch.look('end', 'lake', 'redis')
    for (const [service, state] of moved) {
      const now = progressOf(sight, service)
      state.longestMs = Math.max(state.longestMs, performance.now() - state.at)
      if (now === null || now === state.last) continue
      state.last = now
      state.at = performance.now()
    }
    for (const { planned, pid } of lab.platform.processes) {
      if (planned.kind !== 'service') continue
      memory.set(planned.service.name, Math.max(memory.get(planned.service.name) ?? 0, residentMb(pid)))
    }
  }

  const failedLooks = new Set<string>()

  async function lookOnce(): Promise<void> {
    if (looking) return
    looking = true
    await look().catch((error: unknown) => failedLooks.add(error instanceof Error ? error.message : String(error)))
    looking = false
  }

  const timer = setInterval(() => void lookOnce(), everyMs)
  return {
    result() {
      clearInterval(timer)
      const stalls = [...moved].map(([service, { longestMs }]) => [service, Math.round(longestMs / 1000)])
      return { stalls: Object.fromEntries(stalls), memory: Object.fromEntries(memory), failedLooks: [...failedLooks] }
    },
    [Symbol.dispose]: () => clearInterval(timer)
  }
}

/** Resident memory of a process; 0: it is gone. */
export function residentMb(pid: number): number {
  try {
    const kb = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Math.round(Number(kb ?? 0) / 1024)
  } catch {
    return 0
  }
}
