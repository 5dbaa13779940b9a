// npm run test:faults: the promises of exactly once under faults, each file on a platform of its own.
//   In a pipeline first one mutant, another one with every commit; then two files at a time, to end within 15 minutes.
//   --full: the sizes and times of PROMISES instead, one file after another; hours. More arguments: only these files.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { relative, resolve } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { commandLine } from './command-line.ts'
import { faultTests } from './test-files.ts'

const { values, positionals: named } = commandLine(import.meta.filename, {
  allowPositionals: true,
  options: { full: { type: 'boolean', default: false } }
})
const isFull = values.full
const isAll = named.length === 0 && !isFull

/** Those that take longest come first, so that the last two end together. */
const longest = ['lake', 'stops', 'outages', 'torture', 'answers', 'log', 'gaps', 'memory', 'new-contract', 'disks']

async function main(): Promise<boolean> {
  if (isFull) process.env['SLUICE_FULL'] = '1'
  const files = (named.length === 0 ? faultTests() : named).map((file) => resolve(file))
  if (!isAll) return (await runFiles(files, 1)).files.size === 0
  const isCaught = await runMutant()
  const red = await runFiles(
    files.toSorted((a, b) => rank(a) - rank(b)),
    2
  )
  return (await areGreenAlone(red)) && isCaught
}

async function runMutant(): Promise<boolean> {
  const mutant = spawn(process.execPath, [resolve(import.meta.dirname, 'mutants.ts'), '--one'], { stdio: 'inherit' })
  const [code] = (await once(mutant, 'close')) as [number | null]
  return code === 0
}

function rank(file: string): number {
  const at = longest.findIndex((name) => file.endsWith(`/${name}.test.ts`))
  return at === -1 ? longest.length : at
}

interface Reds {
  readonly files: ReadonlySet<string>
  /** A comparison failed in one of them. */
  readonly areFinal: boolean
}

/** Runs test files and prints what they say. Resolves to those that failed. */
async function runFiles(files: readonly string[], concurrency: number): Promise<Reds> {
  const red = new Set<string>()
  let areFinal = false
  const tests = run({ files, concurrency, timeout: isFull ? 6 * 3_600_000 : 900_000 })
  tests.on('test:fail', ({ file = 'a test without a file', details: { error } }) => {
    red.add(file)
    areFinal ||= isFact(error.cause)
  })
  const printed = tests.compose(new spec())
  printed.pipe(process.stdout, { end: false })
  await once(printed, 'end')
  return { files: red, areFinal }
}

/** Something was compared and was not what it must be. Bounds in time are asserted by `assert.ok`; waits end otherwise. */
function isFact(cause: unknown): boolean {
  const { code, operator } = (cause ?? {}) as { readonly code?: string; readonly operator?: string }
  return code === 'ERR_ASSERTION' && operator !== '=='
}

/**
 * Two platforms on two cores may miss a deadline that one of them keeps: what is red beside another is run once more,
 * alone, and that counts. A comparison that failed, what the oracle has found for one, is no matter of time: it is red
 * for good.
 */
async function areGreenAlone({ files, areFinal }: Reds): Promise<boolean> {
  if (areFinal || files.size === 0) return files.size === 0
  const names = [...files].map((file) => relative(process.cwd(), file)).join(', ')
  console.log(`test:faults: red beside another file, now alone: ${names}`)
  const again = await runFiles([...files], 1)
  console.log(`test:faults: ${again.files.size === 0 ? 'green' : 'red'} alone: ${names}`)
  return again.files.size === 0
}

process.exitCode = (await main()) ? 0 : 1
