import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from './native/lock.ts'
import { repoRoot, stateDir, type Say } from './native/paths.ts'
import { run } from './native/run.ts'
import { installSystemPackage } from './native/system-packages.ts'

export interface PythonTools {
  /** An interpreter that has what requirements.txt lists. */
  readonly python: string
}

let made: Promise<PythonTools> | undefined

/** Python with delta-rs, DuckDB, librdkafka, the SDKs of others, in a venv of its own, made once per list of requirements (some 190 MB). */
export function pythonTools(say: Say = () => undefined): Promise<PythonTools> {
  made ??= make(say)
  return made
}

async function make(say: Say): Promise<PythonTools> {
  const requirements = join(repoRoot, 'packages/testkit/requirements.txt')
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
  const home = join(stateDir, 'venv-test')
  const python = join(home, 'bin/python')
  const mark = join(home, `made-${digest}`)
  return withLock(`${home}.lock`, 'making the tests’ Python', say, async () => {
    if (existsSync(mark)) return { python }
    rmSync(home, { recursive: true, force: true })
    if (!(await canMakeVenv())) await installSystemPackage('python3-venv', ['python3-venv'], say)
    say('fetching delta-rs, DuckDB, librdkafka and others from PyPI (190 MB, once)')
    await run('python3', ['-m', 'venv', home])
    const quiet = ['-q', '--disable-pip-version-check', '--only-binary', ':all:', '--no-deps']
    await run(python, ['-m', 'pip', 'install', ...quiet, '-r', requirements])
    // Only a venv that is whole has its mark.
    await run(python, [
      '-c',
      'import deltalake, duckdb, pyarrow, confluent_kafka, redis, yaml, grpc, tritonclient.http'
    ])
    writeFileSync(mark, '')
    return { python }
  })
}

function canMakeVenv(): Promise<boolean> {
  return run('python3', ['-c', 'import venv, ensurepip']).then(
    () => true,
    () => false
  )
}
