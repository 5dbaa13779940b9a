import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { isAlive } from '@sluice/testkit'
import { readStatus } from './commands/status.ts'
import { readInstance } from './platform/instance.ts'
import { makeToyPlatform, type ToyPlatform } from './testing/toy-platform.ts'

const main = join(import.meta.dirname, '../main.ts')

/** Runs a command about a toy platform to its end. */
function sluice(toy: ToyPlatform, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, SLUICE_DATA_DIR: toy.dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  return new Promise<{ code: number | null; output: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, output }))
  )
}

const start = (toy: ToyPlatform) => ['start', '--detach', '--compose-file', toy.composeFile, '--free-ports']
const lives = (toy: ToyPlatform) => readFileSync(join(toy.dataDir, 'volumes/shared/lives'), 'utf8').trim().split('\n')

describe('a platform in the background', () => {
  it('goes on when its starter has ended, restarts one service with a setting for once, and stops when told', async () => {
    using toy = makeToyPlatform()
    const started = await sluice(toy, start(toy))
    assert.equal(started.code, 0, started.output)
    assert.match(started.output, /ready web in[^]*Sluice runs \(started in .*npm run sluice -- stop stops it/)
    const identities = readInstance(toy.dataDir)?.processes.flatMap(({ identity }) => identity ?? []) ?? []
    try {
      assert.ok((await readStatus(toy.dataDir)).ready)

      const renamed = await sluice(toy, ['restart', 'web', '--env', 'NAME=renamed'])
      assert.equal(renamed.code, 0, renamed.output)
      assert.equal(lives(toy).at(-1), 'renamed')
      await sluice(toy, ['restart', 'web'])
      assert.equal(lives(toy).at(-1), 'web')

      const nobody = await sluice(toy, ['restart', 'webb'])
      assert.equal(nobody.code, 2)
      assert.match(nobody.output, /Expected one of web, worker, redis; found webb/)
      assert.match(
        (await sluice(toy, ['restart', 'web', '--env', 'name=x'])).output,
        /expected NAME=VALUE, found name=x/
      )

      const { output } = await sluice(toy, ['env'])
      assert.match(output, new RegExp(`^export SLUICE_DATA_DIR='${toy.dataDir}'$`, 'm'))
      assert.match(output, /^export REDIS='redis:\/\/127\.0\.0\.1:\d+'$/m)
      assert.doesNotMatch(output, /COLLECTOR/)
    } finally {
      const stopped = await sluice(toy, ['stop'])
      assert.equal(stopped.code, 0, stopped.output)
      assert.match(stopped.output, /stopped after/)
    }
    assert.deepEqual(identities.filter(isAlive), [])
    const again = await sluice(toy, ['stop'])
    assert.equal(again.code, 0)
    assert.match(again.output, /nothing runs on/)
  })

  it('that does not come up is told to its starter, with why, and leaves nothing', async () => {
    using toy = makeToyPlatform()
    const { code, output } = await sluice(toy, start(toy), { JOB_FAILS: 'no reason' })
    assert.equal(code, 1)
    assert.match(output, /failed: no reason/)
    assert.equal((await readStatus(toy.dataDir)).running, false)
  })
})
