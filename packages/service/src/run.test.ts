import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { idleShare, waitFor } from '@sluice/testkit'

const fixtureFile = fileURLToPath(new URL('./testing/fixture.ts', import.meta.url))

type Line = Readonly<Record<string, unknown>>

/** The fixture as a process of its own. It is killed when the test is over, whatever happens. */
function startFixture(behaviour: string, env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [fixtureFile], {
    env: { ...process.env, ADMIN_HOST: '127.0.0.1', ADMIN_PORT: '0', BEHAVIOUR: behaviour, ...env },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const lines: Line[] = []
  createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line) as Line))
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }))
  })
  const said = (message: string) => lines.some(({ msg }) => msg === message)
  return {
    pid: child.pid ?? 0,
    lines,
    ended,
    signal: (name: NodeJS.Signals) => child.kill(name),
    said,
    untilSaid: (message: string) => waitFor(`"${message}"`, () => said(message), { timeoutMs: 15_000 }),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    }
  }
}

describe('the process of a service', { concurrency: 4 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    it(`ends with 0 on ${signal}`, async () => {
      await using fixture = startFixture('ticks')
      await fixture.untilSaid('running')
      fixture.signal(signal)
      assert.deepEqual(await fixture.ended, { code: 0, signal: null })
    })
  }

  it('takes a second signal within two seconds for the same one, a later one for an order', async () => {
    await using fixture = startFixture('stuck')
    await fixture.untilSaid('running')
    fixture.signal('SIGINT')
    await fixture.untilSaid('still stuck')
    fixture.signal('SIGTERM')
    fixture.signal('SIGINT')
    await waitFor('two seconds', () => fixture.lines.some(({ ms }) => Number(ms) >= 2_100), { timeoutMs: 15_000 })
    fixture.signal('SIGTERM')
    assert.deepEqual(await fixture.ended, { code: 1, signal: null })
    const last = fixture.lines.find(({ msg }) => msg === 'stopped by a second signal')
    assert.deepEqual(last?.['open'], ['stuck', 'timer', 'admin server', 'watchdog'])
  })

  it('ends with 78 when its settings are wrong, having opened nothing', async () => {
    await using fixture = startFixture('ticks', { ADMIN_PORT: '99999', WATCHDOG_MS: '1m' })
    assert.deepEqual(await fixture.ended, { code: 78, signal: null })
    assert.deepEqual(
      fixture.lines.map(({ msg, problem }) => `${String(msg)}: ${String(problem).split(' ', 1)[0]}`),
      ['refused: ADMIN_PORT', 'refused: WATCHDOG_MS']
    )
  })

  it('uses less than one percent of a core while nothing flows', async () => {
    await using fixture = startFixture('silent')
    await fixture.untilSaid('running')
    const share = await idleShare(fixture.pid, 0.01)
    assert.ok(share < 0.01, `${share}`)
  })

  for (const behaviour of ['rejects', 'throws']) {
    it(`ends with 1 and says why when something ${behaviour} and nobody catches it`, async () => {
      await using fixture = startFixture(behaviour)
      assert.deepEqual(await fixture.ended, { code: 1, signal: null })
      const line = fixture.lines.find(({ msg }) => msg === 'failed')
      assert.match(JSON.stringify(line), /nobody caught this/)
    })
  }
})

describe('the watchdog', { concurrency: 4 }, () => {
  for (const [behaviour, what] of [
    ['silent', 'does not tick any more'],
    ['loops', 'is in an endless loop'],
    ['blocks', 'waits within a native call']
  ] as const) {
    it(`kills a process that ${what}, and says so`, async () => {
      await using fixture = startFixture(behaviour, { WATCHDOG_MS: '500' })
      assert.deepEqual(await fixture.ended, { code: null, signal: 'SIGKILL' })
      const last = fixture.lines.at(-1)
      assert.equal(last?.['msg'], 'no tick')
      assert.ok(Number(last?.['silentMs']) >= 500)
    })
  }

  it('kills also while nobody reads the log and its pipe is full', async () => {
    const child = spawn(process.execPath, [fixtureFile], {
      env: { ...process.env, ADMIN_HOST: '127.0.0.1', ADMIN_PORT: '0', BEHAVIOUR: 'floods', WATCHDOG_MS: '500' },
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const signal = await new Promise((resolve) => child.on('exit', (_code, name) => resolve(name)))
    assert.equal(signal, 'SIGKILL')
  })

  it('lets live a process that ticks, and one that was only stopped for a while', async () => {
    await using fixture = startFixture('ticks', { WATCHDOG_MS: '500' })
    await fixture.untilSaid('running')
    const stoppedMs = performance.now()
    fixture.signal('SIGSTOP')
    await waitFor('a while', () => performance.now() - stoppedMs > 1_500, { timeoutMs: 5_000 })
    fixture.signal('SIGCONT')
    const continuedMs = performance.now()
    await waitFor('another while', () => performance.now() - continuedMs > 1_000, { timeoutMs: 5_000 })
    fixture.signal('SIGTERM')
    assert.deepEqual(await fixture.ended, { code: 0, signal: null })
    assert.ok(!fixture.said('no tick'))
  })
})
