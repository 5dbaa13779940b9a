import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { freePort, isAlive, processIdentity, waitFor } from '@sluice/testkit'
import { readStatus } from './commands/status.ts'
import { startPlatform, type Platform, type PlatformOptions } from './start-platform.ts'
import { makeToyPlatform, type ToyPlatform } from './testing/toy-platform.ts'

function start(toy: ToyPlatform, options: PlatformOptions = {}): Promise<Platform> {
  return startPlatform({ composeFile: toy.composeFile, dataDir: toy.dataDir, ports: 'free', variables: {}, ...options })
}

function linesOf(toy: ToyPlatform, name: string): readonly string[] {
  return readFileSync(join(toy.dataDir, 'volumes/shared', name), 'utf8')
    .trim()
    .split('\n')
}

function livesOf(toy: ToyPlatform): readonly string[] {
  return linesOf(toy, 'lives')
}

function identitiesOf(platform: Platform): readonly string[] {
  return platform.processes.filter(({ planned }) => planned.kind !== 'job').map(({ pid }) => processIdentity(pid) ?? '')
}

describe('startPlatform', () => {
  it('starts in the order of the dependencies, stops in the reverse one, and leaves no process behind', async () => {
    using toy = makeToyPlatform()
    const platform = await start(toy)
    assert.deepEqual(livesOf(toy), ['job', 'worker', 'web'])
    assert.deepEqual(
      platform.processes.map(({ planned, state }) => `${planned.id} ${state}`),
      ['web ready', 'worker ready', 'job done', 'redis ready']
    )
    const identities = identitiesOf(platform)
    assert.equal(identities.length, 3)
    assert.ok(identities.every(isAlive))
    await platform.stop()
    assert.deepEqual(identities.filter(isAlive), [])
    assert.deepEqual(linesOf(toy, 'ends'), ['web', 'worker'])
  })

  it('starts a process again that was killed, and what was kept is still there', async () => {
    using toy = makeToyPlatform()
    await using platform = await start(toy)
    for (const name of ['worker', 'redis']) {
      const one = platform.process(name)
      const before = one.pid
      await one.kill('SIGKILL')
      await one.ready()
      assert.notEqual(one.pid, before)
      assert.equal(one.restarts, 1)
    }
    assert.deepEqual(livesOf(toy), ['job', 'worker', 'web', 'worker'])
  })

  it('keeps down what was stopped by hand, until it is started', async () => {
    using toy = makeToyPlatform()
    await using platform = await start(toy)
    const worker = platform.process('worker')
    await worker.stop()
    assert.equal(worker.state, 'stopped')
    await worker.start()
    await worker.ready()
    assert.equal(worker.restarts, 0)
  })

  it('says why a process is not ready', async () => {
    using toy = makeToyPlatform()
    await using platform = await start(toy)
    const flag = join(toy.dataDir, 'volumes/shared/unready')
    writeFileSync(flag, '')
    const worker = platform.process('worker')
    await waitFor('not ready', () => worker.state === 'not ready' && worker.note === 'told so', { timeoutMs: 30_000 })
    rmSync(flag)
    await worker.ready(30_000)
  })

  it('does not start a process again that refuses, and stops the rest', async () => {
    using toy = makeToyPlatform()
    const failed = start(toy, { variables: { WORKER_REFUSES: 'no topics' } })
    await assert.rejects(failed, /worker refused: exit 78; its last lines:\nrefused: no topics/)
    assert.deepEqual(livesOf(toy), ['job', 'worker'])
    assert.equal((await readStatus(toy.dataDir)).running, false)
  })

  it('tries a job again as often as its policy says, then gives up', async () => {
    using toy = makeToyPlatform()
    await assert.rejects(
      start(toy, { variables: { JOB_FAILS: 'no disk' } }),
      /job failed: exit 3; .*\n.*failed: no disk/s
    )
    assert.deepEqual(livesOf(toy), ['job', 'job'])
  })

  it('names the process that has a port, and the setting that moves ours', async () => {
    using toy = makeToyPlatform()
    const port = await freePort()
    const squatter = createServer().listen(port, '127.0.0.1')
    try {
      await assert.rejects(start(toy, { variables: { SLUICE_PORT_WEB_9201: String(port) } }), (error: Error) => {
        assert.match(error.message, new RegExp(`port ${port} of web is taken by process ${process.pid} \\(.*node`))
        assert.match(error.message, /set SLUICE_PORT_WEB_9201=/)
        return true
      })
    } finally {
      squatter.close()
    }
  })

  it('refuses a second platform on the same data', async () => {
    using toy = makeToyPlatform()
    await using platform = await start(toy, { services: ['worker'] })
    await assert.rejects(start(toy), new RegExp(`another platform runs on .*process ${process.pid}`))
    assert.equal(platform.process('worker').state, 'ready')
  })

  it('goes on with the data of the last run, or starts fresh', async () => {
    using toy = makeToyPlatform()
    for (const [fresh, lives] of [
      [false, 2],
      [false, 4],
      [true, 2]
    ] as const) {
      await using platform = await start(toy, { services: ['worker'], fresh })
      assert.equal(livesOf(toy).length, lives)
      assert.equal(platform.dataDir, toy.dataDir)
    }
  })

  it('runs replicas, each with its own port', async () => {
    using toy = makeToyPlatform()
    await using platform = await start(toy, { services: ['worker'], replicas: { worker: 2 } })
    assert.notEqual(platform.adminPort('worker', 0), platform.adminPort('worker', 1))
    assert.equal(platform.process('worker', 1).state, 'ready')
  })

  it('gives one service an environment beyond that of the file', async () => {
    using toy = makeToyPlatform()
    await using platform = await start(toy, { services: ['worker'], env: { worker: { NAME: 'renamed' } } })
    assert.ok(platform.process('worker').pid > 0)
    assert.deepEqual(livesOf(toy), ['job', 'renamed'])
  })
})

describe('status', () => {
  it('tells processes, health and ports from another process', async () => {
    using toy = makeToyPlatform()
    await using platform = await start(toy)
    const found = await readStatus(toy.dataDir)
    assert.equal(found.ready, true)
    const web = found.processes.find(({ id }) => id === 'web')
    assert.equal(web?.state, 'ready')
    assert.equal(web?.pid, platform.process('web').pid)
    assert.deepEqual(web?.ports, [platform.adminPort('web')])
    writeFileSync(join(toy.dataDir, 'volumes/shared/unready'), '')
    const later = await readStatus(toy.dataDir)
    assert.equal(later.ready, false)
    assert.equal(later.processes.find(({ id }) => id === 'web')?.reason, 'told so')
  })

  it('says that nothing runs', async () => {
    using toy = makeToyPlatform()
    assert.equal((await readStatus(toy.dataDir)).running, false)
  })
})
