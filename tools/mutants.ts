// npm run mutants [-- NAME…] [-- --one] [-- --json]: proves that the tests can fail.
//   Applies each hazard of e2e/mutants/ to a copy. It counts as caught when the copy still type-checks and passes an
//   undisturbed demo (so that only a test of the hazard can notice), and the named test, which is green on the copy
//   without the patch, fails in the named assertion. --one: a single one, another one with every commit.
import { execFileSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { commandLine, orUsage } from './command-line.ts'
import { makeCopy, type Copy } from './mutants/copy.ts'
import { readMutants, type Mutant } from './mutants/read-mutants.ts'

interface Verdict {
  readonly name: string
  readonly hazard: string
  readonly caught: boolean
  /** Why it counts as caught, or why not. */
  readonly why: string
  readonly seconds: number
}

const root = dirname(import.meta.dirname)

async function main(): Promise<boolean> {
  const { values, positionals } = commandLine(import.meta.filename, {
    allowPositionals: true,
    options: { one: { type: 'boolean' }, json: { type: 'boolean' } }
  })
  const chosen = orUsage(() => choose(readMutants(join(root, 'e2e/mutants')), positionals, values.one === true))
  using copy = makeCopy(root)
  const verdicts: Verdict[] = []
  const sound = new Map<string, boolean>()
  for (const mutant of chosen) {
    const from = performance.now()
    const { caught, why } = await judge(copy, mutant, sound)
    const verdict = { name: mutant.name, hazard: mutant.hazard, caught, why, seconds: secondsSince(from) }
    verdicts.push(verdict)
    process.stderr.write(`${caught ? 'caught ' : 'MISSED '} ${mutant.name} (${verdict.seconds} s): ${why}\n`)
  }
  const missed = verdicts.filter(({ caught }) => !caught)
  if (values.json === true) console.log(JSON.stringify(verdicts, null, 2))
  else console.log(`mutants: ${verdicts.length - missed.length} of ${verdicts.length} caught`)
  return verdicts.length > 0 && missed.length === 0
}

function choose(all: readonly Mutant[], names: readonly string[], one: boolean): readonly Mutant[] {
  const unknown = names.filter((name) => all.every((mutant) => mutant.name !== name))
  if (unknown.length > 0) {
    throw new Error(`no such mutant: ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`)
  }
  if (names.length > 0) return all.filter(({ name }) => names.includes(name))
  if (!one) return all
  const head = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' })
  return all.slice(Number.parseInt(head.slice(0, 8), 16) % all.length).slice(0, 1)
}

async function judge(
  copy: Copy,
  mutant: Mutant,
  sound: Map<string, boolean>
): Promise<Pick<Verdict, 'caught' | 'why'>> {
  const { file, test } = mutant
  const missed = (why: string): Pick<Verdict, 'caught' | 'why'> => ({ caught: false, why })
  const key = `${file} ${test}`
  if (!sound.has(key))
    sound.set(
      key,
      (await copy.test(file, test)).some(({ passed }) => passed)
    )
  if (sound.get(key) !== true) return missed(`"${test}" of ${file} is not green without the patch`)
  if (!copy.apply(mutant.path)) return missed('the patch does not apply any more')
  try {
    const types = await copy.run('tsc', ['-p', 'tsconfig.json'])
    if (!types.ok) return missed(`it does not type-check: ${types.output.slice(0, 500)}`)
    const demo = await copy.run('node', ['cli/main.ts', 'demo', '--days', '1'])
    if (!demo.ok) return missed(`it does not pass an undisturbed demo: ${demo.output.slice(-1_500)}`)
    const [failed] = (await copy.test(file, test)).filter(({ passed }) => !passed)
    if (failed === undefined) return missed(`"${test}" of ${file} is green with it`)
    if (!failed.failure.includes(mutant.fails)) {
      return missed(`the test fails elsewhere, not with "${mutant.fails}": ${failed.failure.slice(0, 1_500)}`)
    }
    return { caught: true, why: `"${test}"` }
  } finally {
    copy.restore()
  }
}

function secondsSince(from: number): number {
  return Math.round((performance.now() - from) / 1000)
}

if (import.meta.main) process.exitCode = (await main()) ? 0 : 1
