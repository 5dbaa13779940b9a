// npm run compose:test: docker-compose.yml, unmodified, on a real engine, from nothing: images, start, one day of 2013
// from outside, kills, examples of the READMEs, how closed the containers are, and what it all costs.
//   SLUICE_COMPOSE_TEST=skip   does nothing, and says so: for machines that cannot run an engine
import { spawn } from 'node:child_process'
import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repoRoot } from '@sluice/testkit'
import { commandLine } from './command-line.ts'
import { engineDir, openEngine } from './compose/engine.ts'
import { describeFigures, watchFigures } from './compose/figures.ts'
import { prepareImages } from './compose/images.ts'
import { run } from './compose/run.ts'

const began = performance.now()
/** The day whose weather has a wind of 1,048 mph. */
const day = { FROM: '2013-02-12', TO: '2013-02-13', SPEED: 'max', FLUSH_MS: '2000' }

async function main(signal: AbortSignal): Promise<boolean> {
  await using engine = await openEngine(say)
  say(`engine ${engine.version}${engine.isForeign ? ', the one of this machine' : ''}`)
  signal.throwIfAborted()
  const images = await prepareImages(engine, say)
  say(`images are ${images.kind}`)
  const env = { ...engine.env, ...day, COMPOSE_FILE: `${join(repoRoot, 'docker-compose.yml')}:${images.override}` }
  const compose = (args: readonly string[], options = {}): Promise<string> =>
    run('docker', ['compose', '--progress', 'plain', ...args], { env, ...options })
  // Of a run that was cut off.
  await compose(['down', '--volumes', '--timeout', '1'])
  signal.throwIfAborted()
  say('building our images')
  await compose(['build'], { signal })
  say('starting the platform')
  await using figures = watchFigures(env)
  try {
    await compose(['up', '--detach', '--wait', '--wait-timeout', '300'], { signal }).catch(async (error: unknown) => {
      for (const args of [
        ['ps', '--all'],
        ['logs', '--tail', '15']
      ])
        say(await compose(args))
      throw error
    })
    say('the platform is ready')
    const file = join(engineDir, 'figures.json')
    const green = await test({ ...env, SLUICE_FIGURES: file, SLUICE_BASE_IMAGE: images.base }, signal, async () =>
      writeFileSync(file, JSON.stringify(figures.read()))
    )
    for (const line of await describeFigures(figures.read(), env)) say(line)
    return green
  } finally {
    say('shutting down')
    await compose(['down', '--volumes', '--remove-orphans'])
  }
}

/** Runs the tests in containers' presence, one file after the other; its report goes straight to our output. */
function test(env: NodeJS.ProcessEnv, signal: AbortSignal, save: () => Promise<void>): Promise<boolean> {
  const files = globSync('e2e/compose/*.test.ts', { cwd: repoRoot }).toSorted()
  const timer = setInterval(() => void save(), 1_000)
  return new Promise<boolean>((resolve, reject) => {
    const args = ['--test', '--test-concurrency=1', '--test-timeout=400000', ...files]
    const child = spawn(process.execPath, args, { stdio: 'inherit', env, cwd: repoRoot, signal })
    child.once('error', reject)
    child.once('close', (code) => resolve(code === 0))
  }).finally(() => clearInterval(timer))
}

function say(line: string): void {
  const seconds = ((performance.now() - began) / 1000).toFixed(0).padStart(4)
  for (const part of line.trimEnd().split('\n')) process.stdout.write(`compose:test ${seconds} s  ${part}\n`)
}

commandLine(import.meta.filename, {})
if (process.env['SLUICE_COMPOSE_TEST'] === 'skip') {
  say('skipped, because SLUICE_COMPOSE_TEST=skip is set: nothing was tested')
} else if (import.meta.main) {
  const ending = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort())
  try {
    const green = await main(ending.signal)
    say(green ? 'all green' : 'red')
    process.exitCode = green ? 0 : 1
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    if (!ending.signal.aborted) say('SLUICE_COMPOSE_TEST=skip leaves this test out')
    process.exitCode = 1
  }
}
