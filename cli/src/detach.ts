import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { logDirOf } from './data-dir.ts'
import { onStopSignal } from './on-stop-signal.ts'

/** Set for a launcher that outlives who started it. */
const detachedVariable = 'SLUICE_DETACHED'

/** Whether this process is such a launcher. */
export function isDetached(): boolean {
  return process.env[detachedVariable] !== undefined
}

/** Tells the one who started this launcher, if he still waits, that all is ready. */
export function tellStarted(): void {
  if (isDetached() && process.connected) process.send?.('started')
}

/**
 * Starts a launcher of its own session, shows its log until it says that all is ready, and leaves it alone. Ctrl-C
 * before that stops it. Returns the exit code.
 */
export async function startDetached(dataDir: string, args: readonly string[]): Promise<number> {
  const logDir = logDirOf(dataDir)
  const logFile = join(logDir, 'launcher.log')
  mkdirSync(logDir, { recursive: true })
  writeFileSync(logFile, '')
  const log = openSync(logFile, 'r+')
  const child = spawn(process.execPath, [join(import.meta.dirname, '../main.ts'), 'start', ...args], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...process.env, [detachedVariable]: '1' }
  })
  const shown = showLog(logFile)
  const signals = onStopSignal(() => child.kill('SIGKILL'))
  signals.stop.addEventListener('abort', () => child.kill('SIGTERM'))
  try {
    const code = await startedOrExit(child)
    if (code !== null) return code === 0 ? 1 : code
    child.disconnect()
    child.unref()
    return 0
  } finally {
    shown.stop()
    signals.dispose()
    closeSync(log)
  }
}

/** Null when all is ready, else the code with which it ended before. */
function startedOrExit(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
    child.once('message', () => resolve(null))
  })
}

/** Prints what is added to a file, until it is told to stop. */
function showLog(file: string): { stop(): void } {
  const from = openSync(file, 'r')
  let at = 0
  const copy = (): void => {
    const chunk = Buffer.alloc(statSync(file).size - at)
    at += readSync(from, chunk, 0, chunk.length, at)
    process.stdout.write(chunk)
  }
  const timer = setInterval(copy, 100)
  let isOpen = true
  return {
    stop() {
      if (!isOpen) return
      isOpen = false
      clearInterval(timer)
      copy()
      closeSync(from)
    }
  }
}
