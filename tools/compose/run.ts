import { spawn } from 'node:child_process'

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** Standard output of a command. Throws its last words when it fails or takes too long. */
export function run(
  command: string,
  args: readonly string[],
  { env = process.env, input, timeoutMs = 600_000, signal }: RunOptions = {}
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: timeoutMs,
      ...(signal && { signal })
    })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.stdin.on('error', () => undefined)
    child.once('error', reject)
    child.once('close', (code, killedBy) => {
      if (code === 0) return resolve(Buffer.concat(out).toString('utf8'))
      const words = Buffer.concat([...err, ...out])
        .toString('utf8')
        .trimEnd()
        .split('\n')
        .slice(-12)
        .join('\n')
      reject(new Error(`${command} ${args.slice(0, 4).join(' ')} ended with ${code ?? killedBy}:\n${words}`))
    })
    child.stdin.end(input)
  })
}

export type Say = (line: string) => void
