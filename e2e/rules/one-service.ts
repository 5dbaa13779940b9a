import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import type { PlannedService } from '@sluice/cli'
import { repoRoot } from '@sluice/testkit'

type Environment = Readonly<Record<string, string>>

/** What `/readyz` says. */
export interface Readiness {
  readonly ready: boolean
  readonly state: string
  readonly reasons: readonly string[]
  readonly service: string
  readonly version: string
}

/** One service as a process of its own, seen from outside. Disposing kills it. */
export interface OneService extends AsyncDisposable {
  readonly pid: number
  /** Lines on its output so far, and what came on its error output. */
  readonly lines: readonly string[]
  readonly errors: () => string
  readonly ended: Promise<number | null>
  signal(signal: NodeJS.Signals): void
  get(path: string): Promise<{ readonly status: number; readonly text: string }>
  readyz(): Promise<Readiness>
}

/** Starts it with the environment of the compose file, `changed` over it; a value of '' takes a variable away. */
export function startService({ main, environment }: PlannedService, changed: Environment): OneService {
  const own = Object.entries({ ...environment, ...changed }).filter(([, value]) => value !== '')
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', ...Object.fromEntries(own) }
  const child = spawn(process.execPath, [main], { cwd: repoRoot, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  let errors = ''
  child.stdout.on('data', (chunk) => (text += String(chunk)))
  child.stderr.on('data', (chunk) => (errors += String(chunk)))
  const ended = new Promise<number | null>((resolve) => void child.on('close', (code) => resolve(code)))
  const port = environment['ADMIN_PORT']
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5_000) })
    return { status: answer.status, text: await answer.text() }
  }
  return {
    pid: child.pid ?? 0,
    get lines() {
      return text.split('\n').filter((line) => line !== '')
    },
    errors: () => errors,
    ended,
    signal: (name) => void child.kill(name),
    get,
    readyz: async () => JSON.parse((await get('/readyz')).text) as Readiness,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    }
  }
}

/** Stands where all dependencies are, and counts who comes. */
export async function openWitness(): Promise<
  AsyncDisposable & { count(): number; instead(of: Environment): Environment }
> {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    count: () => connections,
    instead: (environment) =>
      Object.fromEntries(
        Object.entries(environment).map(([name, value]) => [
          name,
          value.replaceAll(/127\.0\.0\.1:\d+/g, `127.0.0.1:${port}`)
        ])
      ),
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

/** Ports on which a process listens for TCP, as the kernel knows them. */
export function listeningPorts(pid: number): readonly number[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
      } catch {
        return [] // closed meanwhile
      }
    })
  )
  const rows = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n').slice(1)
  )
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode = '']) => state === '0A' && sockets.has(inode))
    .map(([, local = '']) => parseInt(local.split(':')[1] ?? '', 16))
}
