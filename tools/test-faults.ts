// npm run test:faults: the promises of exactly once under faults, each file on a platform of its own.
//   In a pipeline first one mutant, another one with every commit; then two files at a time, to end within 15 minutes.
//   --full: the sizes and times of PROMISES instead, one file after another; hours. More arguments: only these files.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { faultTests } from './test-files.ts'

const args = process.argv.slice(2)
const isFull = args.includes('--full')
const named = args.filter((arg) => !arg.startsWith('--'))
const isAll = named.length === 0 && !isFull

/** Those that take longest come first, so that the last two end together. */
const longest = ['lake', 'stops', 'outages', 'log', 'torture', 'answers']

function rank(file: string): number {
  const at = longest.findIndex((name) => file.endsWith(`/${name}.test.ts`))
  return at === -1 ? longest.length : at
}

function run(command: readonly string[]): Promise<number> {
  const env = { ...process.env, ...(isFull && { SLUICE_FULL: '1' }) }
  const child = spawn(process.execPath, command, { stdio: 'inherit', env })
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)))
}

const files = (named.length === 0 ? faultTests() : named).toSorted((a, b) => rank(a) - rank(b))
const timeoutMs = isFull ? 6 * 3_600_000 : 900_000
const mutant = isAll ? await run([join(import.meta.dirname, 'mutants.ts'), '--one']) : 0
const tests = await run([
  '--test',
  `--test-concurrency=${isAll ? 2 : 1}`,
  `--test-timeout=${timeoutMs}`,
  '--test-reporter=spec',
  ...files
])
process.exitCode = mutant || tests
