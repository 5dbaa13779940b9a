import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { isAlive, waitFor } from '@sluice/testkit'
import { readStatus } from './commands/status.ts'
import { readInstance } from './platform/instance.ts'
import { makeToyPlatform, type ToyPlatform } from './testing/toy-platform.ts'

const main = join(import.meta.dirname, '../main.ts')

async function startToy(toy: ToyPlatform) {
  const flags = ['--compose-file', toy.composeFile, '--data-dir', toy.dataDir, '--free-ports']
  const child = spawn(process.execPath, [main, 'start', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  await waitFor('the toy platform', () => output.includes('Sluice runs'), { timeoutMs: 60_000 }).catch(() =>
    assert.fail(output)
  )
  const identities = readInstance(toy.dataDir)?.processes.flatMap(({ identity }) => identity ?? []) ?? []
  return { child, output: () => output, identities: identities.filter(isAlive) }
}

describe('sluice start', () => {
  it('says what became ready and where to look, and ends cleanly on three signals that are one', async () => {
    using toy = makeToyPlatform()
    const { child, output, identities } = await startToy(toy)
    assert.match(output(), /ready web in \d+\.\d s/)
    assert.equal(identities.length, 3)
    const ended = once(child, 'exit')
    child.kill('SIGINT')
    // One after the other: signals that are pending at the same time become one by themselves.
    await waitFor('the first to be heard', () => output().includes('stopping'), { timeoutMs: 20_000, intervalMs: 5 })
    child.kill('SIGINT')
    await waitFor('the first stop', () => output().includes('... web: stopping'), { timeoutMs: 20_000, intervalMs: 5 })
    child.kill('SIGINT')
    const [code] = (await ended) as [number]
    assert.equal(code, 0, output())
    assert.match(output(), /stopped after/)
    assert.deepEqual(identities.filter(isAlive), [])
  })

  it('leaves nothing behind even when it is killed', async () => {
    using toy = makeToyPlatform()
    const { child, identities } = await startToy(toy)
    child.kill('SIGKILL')
    await waitFor('the end of all processes', () => !identities.some(isAlive), { timeoutMs: 30_000 })
    assert.equal((await readStatus(toy.dataDir)).running, false)
  })
})

function run(...args: string[]) {
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })
}

describe('sluice', () => {
  it('lists its commands', () => {
    const { stdout, status } = run('--help')
    for (const command of ['start', 'status', 'demo', 'secrets', 'topics', 'bucket'])
      assert.match(stdout, new RegExp(`  ${command} `))
    assert.equal(status, 0)
  })

  it('refuses commands and options that it does not know', () => {
    assert.equal(run('begin').status, 2)
    assert.equal(run('start', '--soon').status, 2)
  })

  it('tells the status as JSON', () => {
    using toy = makeToyPlatform()
    const { stdout, status } = run('status', '--json', '--data-dir', toy.dataDir)
    assert.equal((JSON.parse(stdout) as { running: boolean }).running, false)
    assert.equal(status, 1)
  })
})
