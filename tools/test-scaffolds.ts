// npm run test:scaffolds: makes everything that `sluice new` can make in a copy of the repository, and runs the whole
// check there: red in the tests that name what is not filled and in nothing else, then filled and green. Then the new
// services run: they keep the rules, and 2013 lands beside them as before.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { commandLine } from './command-line.ts'
import { makeCopy } from './mutants/copy.ts'
import { cases, type Case, type Edit } from './scaffolds/cases.ts'

commandLine(import.meta.filename, {})
using copy = makeCopy(resolve(import.meta.dirname, '..'))
const { dir } = copy

for (const one of cases) await make(one)
await checkUnfilled()
for (const { fill } of cases) fill.forEach(apply)
await run('npm run -s generate')
await run('npm run -s format')
await check()
for (const file of cases.flatMap(({ tests }) => tests)) await run(`node --test ${file}`)
// The services that were there before are held to the rules by `npm run test:rules`.
const added = cases.flatMap(({ command }) => /^new service (\S+)/.exec(command)?.[1] ?? [])
await run(`env RULES_OF=${added.join()} node --test e2e/rules/rules.test.ts`)
say(`${added.join(' and ')} keep the rules`)
await checkCompose()
await run('node --test e2e/one-day.test.ts')
say('one day lands beside them')
say('all scaffolds are green')

/** A dry run lists what is then written, and writes nothing. */
async function make({ command }: Case): Promise<void> {
  commit()
  const dry = await run(`npm run -s sluice -- ${command} --dry-run`)
  assert.deepEqual(status(), [], 'a dry run writes nothing')
  const wet = await run(`npm run -s sluice -- ${command}`)
  const listed = [...dry.matchAll(/^ {2}(create|change) {2}(\S+)/gm)].map(([, does, path]) => `${does} ${path}`)
  assert.deepEqual(status(), listed.toSorted(), 'a dry run lists what is written')
  assert.ok(wet.includes('to fill)'), 'places to fill are listed')
  const again = await execute(`npm run -s sluice -- ${command}`)
  assert.equal(again.code, 2, `it is refused the second time:\n${again.output}`)
  say(`made: ${command}`)
}

async function checkUnfilled(): Promise<void> {
  const { code, output } = await execute('npm run -s check')
  const red = [...output.matchAll(/^FAIL (.+?) {2,}/gm)].map(([, step]) => step)
  assert.deepEqual([code, red], [1, ['unit tests']], output)
  const summary = output.slice(output.indexOf('✖ failing tests:'))
  const failed = [...summary.matchAll(/^✖ (.+) \(\d/gm)].map(([, name]) => name ?? '')
  assert.deepEqual(failed.toSorted(), cases.flatMap((one) => one.red).toSorted(), summary)
  say(`unfilled: red in ${failed.length} tests, as it should be`)
}

async function check(): Promise<void> {
  await run('npm run -s check')
  say('filled: the whole check is green')
}

/** What docker-compose.yml must be like, where a Compose can read it: of this machine, or of `npm run compose:test`. */
async function checkCompose(): Promise<void> {
  const docker = resolve(import.meta.dirname, '../.sluice/docker')
  const path = ['root/usr/sbin', 'root/usr/bin'].map((folder) => join(docker, folder)).join(':')
  const own = `env PATH=${path}:${process.env['PATH']} DOCKER_CONFIG=${join(docker, 'config')}`
  for (const engine of ['env', own]) {
    if ((await execute(`${engine} docker compose version`)).code !== 0) continue
    await run(`${engine} node --test e2e/compose/file.test.ts`)
    return say('the compose file is like it was')
  }
  say('there is no Docker Compose here yet: the compose file was not looked at')
}

function apply({ file, find, write }: Edit): void {
  const path = join(dir, file)
  const before = readFileSync(path, 'utf8')
  writeFileSync(path, before.replace(find, write))
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: dir, encoding: 'utf8' })
}

function commit(): void {
  git('add', '.')
  git('commit', '-q', '--allow-empty', '-m', 'as it is')
}

/** `create path` or `change path` for each file that is not as it was committed. */
function status(): string[] {
  const lines = git('status', '--porcelain', '--untracked-files=all').split('\n')
  return lines
    .filter((line) => line !== '')
    .map((line) => `${line.startsWith('??') ? 'create' : 'change'} ${line.slice(3)}`)
    .toSorted()
}

async function run(command: string): Promise<string> {
  const { code, output } = await execute(command)
  assert.equal(code, 0, `${command}\n${output}`)
  return output
}

function execute(command: string): Promise<{ code: number | null; output: string }> {
  const [program = '', ...args] = command.split(' ')
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output: Buffer.concat(chunks).toString('utf8') }))
  })
}

function say(line: string): void {
  console.log(`test-scaffolds: ${line}`)
}
