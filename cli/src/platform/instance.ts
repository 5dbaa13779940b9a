import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, processIdentity, withLock, type Say } from '@sluice/testkit'

/** What one running platform tells the others about itself. */
export interface InstanceState {
  /** Identity of the launcher: pid and start time. */
  readonly launcher: string
  readonly startedAt: string
  readonly composeFile: string
  readonly dataDir: string
  readonly processes: readonly InstanceProcess[]
}

export interface InstanceProcess {
  readonly id: string
  readonly service: string
  readonly kind: 'job' | 'part' | 'service'
  readonly state: string
  readonly note: string
  readonly pid: number
  /** Null when it does not run. */
  readonly identity: string | null
  readonly restarts: number
  /** Container port → port here. */
  readonly ports: Readonly<Record<string, number>>
  readonly adminPort: number | null
  readonly schemasDir: string | null
  readonly logFile: string
}

export interface Instance {
  save(state: Omit<InstanceState, 'launcher'>): void
  release(): void
}

/**
 * Takes a data folder for this process: one platform per folder. If its last owner was killed, its processes are given
 * the time to end that they need after losing it, and are ended if they do not.
 */
export async function claimInstance(dataDir: string, say: Say): Promise<Instance> {
  const file = stateFile(dataDir)
  mkdirSync(dirname(file), { recursive: true })
  const launcher = processIdentity(process.pid) ?? `${process.pid}:?`
  await withLock(`${dataDir}.lock`, `data folder ${dataDir}`, say, async () => {
    const before = readInstance(dataDir)
    if (before !== null && isAlive(before.launcher))
      throw new Error(
        `another platform runs on ${dataDir} (process ${before.launcher.split(':')[0]}): stop it, or use another --data-dir`
      )
    if (before !== null) await endLeftovers(before)
    writeFileSync(file, JSON.stringify({ launcher, startedAt: '', composeFile: '', dataDir, processes: [] }))
  })
  return {
    save(state) {
      writeFileSync(`${file}.tmp`, JSON.stringify({ launcher, ...state }, null, 2))
      renameSync(`${file}.tmp`, file)
    },
    release: () => rmSync(file, { force: true })
  }
}

/** The state of the platform on this folder as it was last saved, whether it still runs or not. */
export function readInstance(dataDir: string): InstanceState | null {
  try {
    return JSON.parse(readFileSync(stateFile(dataDir), 'utf8')) as InstanceState
  } catch {
    return null
  }
}

/** Beside the folder, not in it: starting fresh removes the folder. */
export function stateFile(dataDir: string): string {
  return `${dataDir}.running.json`
}

async function endLeftovers({ processes }: InstanceState): Promise<void> {
  const alive = () => processes.filter(({ identity }) => identity !== null && isAlive(identity))
  for (let waitedMs = 0; alive().length > 0 && waitedMs < 15_000; waitedMs += 100) await sleep(100)
  for (const { pid } of alive()) process.kill(pid, 'SIGKILL')
  while (alive().length > 0) await sleep(50)
}
