import { join } from 'node:path'
import { spawnGuarded, type Backing, type Say } from '@sluice/testkit'
import { stateFile } from './instance.ts'
import { startPart } from './native-parts.ts'
import { takeOnce } from './once.ts'
import type { PlannedProcess } from './plan.ts'
import type { Launcher } from './supervise.ts'

export interface LauncherOptions {
  /** Where the compose file is. */
  readonly root: string
  readonly dataDir: string
  readonly logFile: string
  /** Beyond what the compose file says; read at every start of the process. */
  readonly environment: Readonly<Record<string, string>>
  readonly say: Say
}

export function createLauncher(planned: PlannedProcess, options: LauncherOptions): Launcher {
  return planned.kind === 'part' ? launchPart(planned, options) : launchOurs(planned, options)
}

/** `node services/<name>/main.ts`, with the environment of the compose file and nothing of ours but what finds programs. */
function launchOurs(planned: PlannedProcess, options: LauncherOptions): Launcher {
  const { ours } = planned.service
  const entry = ours === 'cli' ? 'cli/main.ts' : `services/${ours}/main.ts`
  const admin = Number(options.environment['ADMIN_PORT'] ?? planned.environment['ADMIN_PORT'])
  return {
    async launch() {
      return spawnGuarded({
        command: process.execPath,
        args: [join(options.root, entry), ...planned.command],
        cwd: options.root,
        env: {
          ...inherited(),
          HOME: options.dataDir,
          LAUNCHER_STATE: stateFile(options.dataDir),
          ...planned.environment,
          ...options.environment,
          ...takeOnce(options.dataDir, planned.id)
        },
        logFile: options.logFile,
        onOrphan: 'SIGTERM'
      })
    },
    probe: () => probeReadyz(admin)
  }
}

function inherited(): Record<string, string> {
  const names = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'NODE_COMPILE_CACHE', 'NODE_EXTRA_CA_CERTS', 'NODE_V8_COVERAGE']
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])))
}

/** The answer of a service of ours carries its reasons in words; no reason: it does not answer. */
export async function probeReadyz(port: number): Promise<{ ready: boolean; reason: string }> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2000) })
    const body = (await answer.json()) as { readonly reasons?: readonly string[] }
    return { ready: answer.ok, reason: answer.ok ? '' : (body.reasons ?? []).join('; ') || `status ${answer.status}` }
  } catch {
    return { ready: false, reason: '' }
  }
}

function launchPart(planned: PlannedProcess, options: LauncherOptions): Launcher {
  let backing: Backing<object> | undefined
  return {
    async launch() {
      if (backing === undefined) backing = await startPart(planned, options)
      else await backing.restart()
      const running = backing
      return {
        pid: running.pid,
        exited: running.exited(),
        signal: (signal) => void running.kill(signal),
        stop: () => running.stop(),
        tail: () => running.tail()
      }
    },
    async probe() {
      const ready = (await backing?.isReady()) ?? false
      return { ready, reason: '' }
    }
  }
}
