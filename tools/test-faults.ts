// npm run test:faults: the promises of exactly once under faults, each file on a platform of its own.
//   In a pipeline first one mutant, another one with every commit; then two files at a time, to end within 15 minutes.
//   --full: the sizes and times of PROMISES instead, one file after another; hours. More arguments: only these files.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { faultTests } from './test-files.ts'

const args = process.argv.slice(2)
const isFull = args.includes('--full')
const named = args.filter((arg) => !arg.startsWith('--'))
const isAll = named.length === 0 && !isFull

/** Those that take longest come first, so that the last two end together. */
const longest = ['lake', 'stops', 'outages', 'log', 'gaps', 'torture', 'answers', 'disks', 'memory']

function rank(file: string): number {
  const at = longest.findIndex((name) => file.endsWith(`/${name}.test.ts`))
  return at === -1 ? longest.length : at
}

if (isAll) {
  const mutant = spawn(process.execPath, [join(import.meta.dirname, 'mutants.ts'), '--one'], { stdio: 'inherit' })
  const [code] = (await once(mutant, 'close')) as [number | null]
  process.exitCode = code ?? 1
}
if (isFull) process.env['SLUICE_FULL'] = '1'
const files = (named.length === 0 ? faultTests() : named).toSorted((a, b) => rank(a) - rank(b))
const tests = run({
  files: files.map((file) => resolve(file)),
  concurrency: isAll ? 2 : 1,
  timeout: isFull ? 6 * 3_600_000 : 900_000
})
tests.on('test:fail', () => {
  process.exitCode = 1
})
tests.compose(new spec()).pipe(process.stdout)
