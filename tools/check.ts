// npm run check: everything that can be known without starting a server, in under a minute.
//   npm run check -- pages marked-places    some of it: steps by their names, unit tests by a part of their paths
//   types · lint · format · unused code · import rules · generated files · contracts against the last release · unit tests
import { spawn } from 'node:child_process'
import { styleText } from 'node:util'
import { commandLine, orUsage } from './command-line.ts'
import { unitTests } from './test-files.ts'

interface Step {
  readonly name: string
  readonly command: readonly string[]
  /** What to do when it is red. */
  readonly advice: string
}

const steps: readonly Step[] = [
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'], advice: 'fix the types' },
  { name: 'page types', command: ['tsc', '-p', 'services/console/web/tsconfig.json'], advice: 'fix the types' },
  { name: 'lint', command: ['oxlint', '--quiet'], advice: 'fix, or `oxlint --fix`' },
  { name: 'format', command: ['oxfmt', '--check', '.'], advice: 'npm run format' },
  { name: 'unused', command: ['knip'], advice: 'remove what nothing uses' },
  { name: 'imports', command: ['node', 'tools/check-imports.ts'], advice: 'see DESIGN: who may import whom' },
  {
    name: 'generated',
    command: ['node', 'tools/generate-types.ts', '--check'],
    advice: 'node tools/generate-types.ts'
  },
  {
    name: 'pages',
    command: 'node cli/main.ts contracts export --format markdown --out docs/contracts --check'.split(' '),
    advice: 'npm run sluice -- contracts export --format markdown --out docs/contracts'
  },
  {
    name: 'contracts',
    command: ['node', 'cli/main.ts', 'contracts', 'check'],
    advice: 'npm run sluice -- contracts check'
  },
  { name: 'unit tests', command: ['node', '--test', '--test-concurrency=2', ...unitTests()], advice: 'see above' }
]

/** Runs steps, two at a time; prints the output of those that fail. Resolves to whether all are green. */
export async function check(wanted = steps): Promise<boolean> {
  const began = performance.now()
  const waiting = [...wanted]
  const results: boolean[] = []
  const worker = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) results.push(await run(step))
  }
  await Promise.all([worker(), worker()])
  const green = results.every(Boolean)
  console.log(`${green ? 'check is green' : 'check is red'} after ${seconds(began)}`)
  return green
}

/** The steps with these names, and the unit tests with these in their paths. Throws for a word that is neither. */
function choose(words: readonly string[]): readonly Step[] {
  if (words.length === 0) return steps
  const isName = (word: string) => steps.some(({ name }) => name === word)
  const parts = words.filter((word) => !isName(word))
  const files = unitTests().filter((file) => parts.some((part) => file.includes(part)))
  const unknown = parts.filter((part) => files.every((file) => !file.includes(part)))
  if (unknown.length > 0) {
    const names = steps.map(({ name }) => name).join(', ')
    throw new Error(`expected ${names}, or a part of the path of a unit test; found ${unknown.join(', ')}`)
  }
  const tests = { name: 'unit tests', command: ['node', '--test', ...files], advice: 'see above' }
  return [...steps.filter(({ name }) => words.includes(name)), ...(files.length > 0 ? [tests] : [])]
}

async function run(step: Step): Promise<boolean> {
  const began = performance.now()
  const [command = '', ...args] = step.command
  const { code, output } = await execute(command, args)
  const green = code === 0
  console.log(`${paint(green)} ${step.name.padEnd(12)} ${seconds(began)}${green ? '' : `  (${step.advice})`}`)
  if (!green) console.log(output.trimEnd())
  return green
}

function execute(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }))
  })
}

function paint(green: boolean): string {
  const mark = green ? 'ok  ' : 'FAIL'
  return process.stdout.isTTY ? styleText(green ? 'green' : 'red', mark) : mark
}

function seconds(began: number): string {
  return `${((performance.now() - began) / 1000).toFixed(1)} s`
}

if (import.meta.main) {
  const { positionals } = commandLine(import.meta.filename, { allowPositionals: true })
  process.exitCode = (await check(orUsage(() => choose(positionals)))) ? 0 : 1
}
