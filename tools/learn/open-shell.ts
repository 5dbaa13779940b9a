import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Ran {
  /** Of the last command. */
  readonly code: number
  /** Of the first that failed where a reader would not have noticed; 0: none. */
  readonly failed: number
  /** What a reader sees: output and errors. */
  readonly printed: string
}

/** One shell for a whole chapter, as a reader has it: variables, functions and the folder stay. */
export interface Shell extends AsyncDisposable {
  /** Throws when it does not come back in time; the shell is of no use then. */
  run(code: string, timeoutMs: number): Promise<Ran>
}

export interface ShellOptions {
  readonly dir: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Told to stop, the shell and all that runs in it are; what it runs comes back with an error then. */
  readonly signal?: AbortSignal
}

/** How long those that are told to stop may take. */
const stopMs = 30_000

/** Opens a bash that is fed block by block, and tells after each how it ended. */
export function openShell({ dir, env, signal }: ShellOptions): Shell {
  const own = mkdtempSync(join(tmpdir(), 'sluice-shell-'))
  const block = join(own, 'block')
  const out = join(own, 'out')
  // A group of its own, so that a block that hangs ends with all that it has started.
  const bash = spawn('bash', ['--noprofile', '--norc', '-s'], {
    cwd: dir,
    env,
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit']
  })
  const tell = (name: NodeJS.Signals | 0): boolean => {
    try {
      return bash.pid !== undefined && process.kill(-bash.pid, name)
    } catch {
      return false // all of them have ended
    }
  }
  const ended = async (timeoutMs: number): Promise<void> => {
    for (let waitedMs = 0; tell(0) && waitedMs < timeoutMs; waitedMs += 100) await sleep(100)
  }
  const stop = (): void => void tell('SIGTERM')
  signal?.addEventListener('abort', stop)
  bash.stdin.on('error', () => undefined) // it ended: the exit says so
  const exited = new Promise<number>((resolve) => bash.once('exit', (code) => resolve(code ?? 1)))
  const lines = createInterface({ input: bash.stdout })[Symbol.asyncIterator]()

  return {
    async run(code, timeoutMs) {
      writeFileSync(block, code)
      writeFileSync(out, '')
      bash.stdin.write(
        `sluice_failed=0; trap 'sluice_failed=$?' ERR; . '${block}' >'${out}' 2>&1 </dev/null; ` +
          `sluice_code=$?; trap - ERR; echo "$sluice_code $sluice_failed"\n`
      )
      const late = Promise.withResolvers<never>()
      const timer = setTimeout(() => late.reject(new Error(`it did not come back within ${timeoutMs} ms`)), timeoutMs)
      try {
        const { value, done } = await Promise.race([lines.next(), late.promise])
        const printed = readFileSync(out, 'utf8')
        if (done === true) throw new Error(`the shell ended with ${await exited}:\n${printed}`)
        const [last = 1, failed = 1] = value.split(' ').map(Number)
        return { code: last, failed, printed }
      } catch (error) {
        throw new Error(`${(error as Error).message}; so far it printed\n${readFileSync(out, 'utf8')}`, {
          cause: error
        })
      } finally {
        clearTimeout(timer)
      }
    },
    async [Symbol.asyncDispose]() {
      signal?.removeEventListener('abort', stop)
      // What a block has begun, such as a platform, is put away by the one that began it.
      if (signal?.aborted === true) await ended(stopMs)
      tell('SIGKILL')
      await exited
      rmSync(own, { recursive: true, force: true })
    }
  }
}
