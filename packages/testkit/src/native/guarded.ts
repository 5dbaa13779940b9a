import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'

export interface GuardedOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** Output is appended here. */
  readonly logFile: string
  /** What the process gets when the process that started it is gone, however that came about. */
  readonly onOrphan: 'SIGTERM' | 'SIGKILL'
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface GuardedProcess {
  readonly pid: number
  readonly exited: Promise<Exit>
  /** How it ended; null while it runs. */
  exit(): Exit | null
  signal(signal: NodeJS.Signals): void
  /** SIGTERM, then SIGKILL after the grace period. Comes back when the process is gone. */
  stop(graceMs: number): Promise<Exit>
  /** The last lines of the log, for messages. */
  tail(lines?: number): string
}

const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path))

/**
 * Starts a program that dies with us, even when we are killed by SIGKILL: util-linux's `setpriv` asks the kernel for a
 * parent-death signal and becomes the program, so the pid is the program's own. In a session of its own, so that a
 * terminal's Ctrl-C reaches only us and we stop things in order.
 */
export function spawnGuarded(options: GuardedOptions): GuardedProcess {
  const log = openSync(options.logFile, 'a')
  const guard = setpriv === undefined ? [] : [setpriv, '--pdeathsig', options.onOrphan.slice(3), '--']
  const [command = options.command, ...args] = [...guard, options.command, ...options.args]
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', log, log],
    detached: true
  })
  closeSync(log)
  return wrap(child, options)
}

function wrap(child: ChildProcess, options: GuardedOptions): GuardedProcess {
  let ended: Exit | null = null
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`${options.command} did not start`, { cause: error })))
    child.once('exit', (code, signal) => {
      ended = { code, signal }
      resolve(ended)
    })
  })
  // Whoever cares awaits `exited`; nobody has to.
  exited.catch(() => undefined)
  return {
    get pid() {
      return child.pid ?? -1
    },
    exited,
    exit: () => ended,
    signal: (signal) => void child.kill(signal),
    async stop(graceMs) {
      child.kill('SIGCONT')
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
      try {
        return await exited
      } finally {
        clearTimeout(timer)
      }
    },
    tail: (lines = 8) => tailOf(options.logFile, lines)
  }
}

function tailOf(file: string, lines: number): string {
  try {
    const all = readFileSync(file, 'utf8').trimEnd().split('\n')
    // Stack frames push the message out of sight.
    return all
      .filter((line) => !/^\s+at /.test(line))
      .slice(-lines)
      .join('\n')
  } catch {
    return ''
  }
}
