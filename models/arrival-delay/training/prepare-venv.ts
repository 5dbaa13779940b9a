import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Makes a Python environment with exactly these requirements, once; returns its interpreter. */
export function prepareVenv(folder: string, requirements: string): string {
  const python = join(folder, 'bin', 'python')
  const mark = join(folder, 'requirements.sha256')
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return python
  rmSync(folder, { recursive: true, force: true })
  runPython(
    'python3',
    ['-m', 'venv', folder],
    'Python 3.11 or newer with venv (on Debian: apt-get install python3-venv)'
  )
  runPython(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '-r', requirements])
  runPython(python, ['-m', 'pip', '--disable-pip-version-check', 'check'])
  writeFileSync(mark, wanted)
  return python
}

/** Runs Python to its end, showing what it says. */
export function runPython(python: string, args: readonly string[], needed?: string): void {
  const { status, error } = spawnSync(python, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    // More OpenMP threads than free cores make a fit of seconds last minutes.
    env: { ...process.env, OMP_NUM_THREADS: '1', OMP_WAIT_POLICY: 'passive' }
  })
  if (status === 0) return
  const hint = needed === undefined ? '' : `; training needs ${needed}`
  throw new Error(`${python} ${args.join(' ')}: ${error?.message ?? `ended with ${status}`}${hint}`)
}
