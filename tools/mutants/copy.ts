import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestResult } from './report-as-json.ts'

/** How a command ended. */
export interface Ended {
  readonly ok: boolean
  /** Its output and its errors. */
  readonly output: string
}

/** A copy of the repository, to be spoilt. */
export interface Copy extends Disposable {
  readonly dir: string
  /** Applies a patch; false: it does not fit. */
  apply(patch: string): boolean
  /** As it was made, whatever was changed, added or committed since. */
  restore(): void
  run(command: string, args: readonly string[]): Promise<Ended>
  /** Runs the tests of a file whose name contains `test`. */
  test(file: string, test: string): Promise<readonly TestResult[]>
}

const longestMs = 300_000

/** Copies what git knows and what is new, and installs it from the store. What takes long to prepare is shared. */
export function makeCopy(root: string): Copy {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-mutants-'))
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: dir, encoding: 'utf8', stdio: 'pipe' })
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const files = execFileSync('git', list, { cwd: root, encoding: 'utf8' }).split('\0')
  for (const file of files.filter((name) => name !== '' && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    copyFileSync(join(root, file), join(dir, file))
  }
  mkdirSync(join(dir, '.sluice'))
  for (const shared of ['.tools', '.sluice/native', '.sluice/venv-test']) {
    mkdirSync(join(root, shared), { recursive: true })
    symlinkSync(join(root, shared), join(dir, shared))
  }
  git('init', '-q', '-b', 'main')
  git('add', '.')
  git('config', 'user.name', 'copy')
  git('config', 'user.email', 'copy@localhost')
  git('commit', '-qm', 'as it is')
  const made = git('rev-parse', 'HEAD').trim()
  execFileSync('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], { cwd: dir, stdio: 'pipe' })

  function run(command: string, args: readonly string[]): Promise<Ended> {
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'], timeout: longestMs })
      const chunks: Buffer[] = []
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      child.on('error', reject)
      child.on('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(chunks).toString('utf8') }))
    })
  }

  return {
    dir,
    apply(patch) {
      try {
        git('apply', '--whitespace=nowarn', patch)
        return true
      } catch {
        return false
      }
    },
    restore() {
      git('checkout', '-q', '-f', '-B', 'main', made)
      git('clean', '-q', '-f', '-d')
    },
    run,
    async test(file, test) {
      const pattern = test.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)
      const reporter = join(dir, 'tools/mutants/report-as-json.ts')
      const options = [
        '--test-force-exit',
        '--test-timeout=120000',
        `--test-name-pattern=${pattern}`,
        `--test-reporter=${reporter}`
      ]
      const { output } = await run('node', ['--test', ...options, file])
      const lines = output.split('\n').filter((line) => line.startsWith('{"name":'))
      return lines.map((line) => JSON.parse(line) as TestResult).filter(({ name }) => name === test)
    },
    // Again and again: what a test that was ended by force had started may write for a moment longer.
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}
