import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RefusedError, UnavailableError } from '@sluice/events'
import { waitFor } from '@sluice/testkit'
import { runtimeSettings } from './groups.ts'
import { defineService, type RunningService, type ServiceContext } from './service.ts'
import { setting } from './setting.ts'
import { defineSettings } from './settings.ts'
import { runForTest, type RunningForTest } from './testing.ts'

const settings = defineSettings({
  ...runtimeSettings({ adminPort: 0 }),
  NAME: setting.text({ default: 'x', doc: 'N.' })
})
type Context = ServiceContext<typeof settings>

function service(start: (context: Context) => RunningService | Promise<RunningService>) {
  return defineService({ name: 'tested', settings, start: async (context) => start(context) })
}

const idle: RunningService = { problems: () => [] }

async function untilRunning(running: RunningForTest): Promise<void> {
  await waitFor('running', async () => (await running.readyz()).state === 'running', { timeoutMs: 5_000 })
}

/** The error of the line with this message. */
function errorOf(running: RunningForTest, message: string): { message?: string; stack?: string } {
  return running.lines.find(({ msg }) => msg === message)?.['err'] ?? {}
}

function messages(running: RunningForTest): unknown[] {
  return running.lines.map((line) => line['msg'])
}

describe('a running service', () => {
  it('is ready when nothing is wrong, and stops with 0, one line per change of state', async () => {
    const running = await runForTest(
      service(() => idle),
      {}
    )
    await untilRunning(running)
    assert.deepEqual((await running.readyz()).reasons, [])
    assert.equal((await fetch(`${running.adminUrl}/readyz`)).status, 200)
    assert.match(await running.metrics(), /^sluice_ready 1$/m)
    assert.equal(await running.stop(), 0)
    assert.deepEqual(messages(running), ['starting', 'running', 'stopping', 'ended'])
  })

  it('is not ready while it has problems, in its own words', async () => {
    const problems = ['partition 3 does not move: offset 7 is out of range']
    await using running = await runForTest(
      service(() => ({ problems: () => problems })),
      {}
    )
    await untilRunning(running)
    assert.deepEqual(await running.readyz(), {
      ready: false,
      state: 'running',
      reasons: problems,
      service: 'tested',
      version: '0.1.0'
    })
    assert.equal((await fetch(`${running.adminUrl}/readyz`)).status, 503)
    assert.match(await running.metrics(), /^sluice_ready 0$/m)
  })

  it('is alive and not ready while it waits for a dependency, and logs only the change', async () => {
    let context: Context | undefined
    await using running = await runForTest(
      service((own) => {
        context = own
        return idle
      }),
      {}
    )
    await untilRunning(running)
    for (let i = 0; i < 3; i++) context?.waiting('redis', `refused ${i}`)
    const { ready, reasons } = await running.readyz()
    assert.ok(!ready && /^waiting for redis for \d+ s: refused 2$/.test(reasons.join()), reasons.join())
    assert.equal((await fetch(`${running.adminUrl}/healthz`)).status, 200)
    for (let i = 0; i < 3; i++) context?.available('redis')
    assert.ok((await running.readyz()).ready)
    assert.deepEqual(messages(running), ['starting', 'running', 'waiting', 'available'])
  })

  it('releases what it has opened in reverse order after the signal is aborted', async () => {
    const order: string[] = []
    const running = await runForTest(
      service(({ stack, signal }) => {
        signal.addEventListener('abort', () => order.push('signal'))
        stack.defer(() => void order.push('first opened'))
        stack.defer(() => void order.push('last opened'))
        return idle
      }),
      {}
    )
    await untilRunning(running)
    assert.equal(await running.stop(), 0)
    assert.deepEqual(order, ['signal', 'last opened', 'first opened'])
  })

  it('ends with 1 when releasing fails, and logs the first error', async () => {
    const running = await runForTest(
      service(({ stack }) => {
        for (const i of [1, 2]) stack.defer(() => Promise.reject(new Error(`cannot close ${i}`)))
        return idle
      }),
      {}
    )
    await untilRunning(running)
    assert.equal(await running.stop(), 1)
    assert.equal(errorOf(running, 'release failed').message, 'cannot close 2')
  })

  it('ends with 1 at the deadline and says what was still open', async () => {
    const running = await runForTest(
      service(({ stack }) => {
        stack.defer(() => {}, 'fine')
        stack.defer(() => new Promise(() => {}), 'stuck')
        return idle
      }),
      {},
      { stopDeadlineMs: 50 }
    )
    await untilRunning(running)
    assert.equal(await running.stop(), 1)
    const line = running.lines.find(({ msg }) => msg === 'not stopped in time')
    assert.deepEqual(line?.['open'], ['stuck', 'fine', 'admin server', 'watchdog'])
  })

  it('ends with 1 when a background loop fails, and with the code of the first failure', async () => {
    const running = await runForTest(
      service(({ fail, stack }) => {
        stack.defer(() => {
          fail(new RefusedError(['too late']))
        })
        setImmediate(() => fail(new Error('loop broke')))
        return idle
      }),
      {}
    )
    assert.equal(await running.ended, 1)
    assert.equal(errorOf(running, 'failed').message, 'loop broke')
  })

  it('answers 404 and 405 for everything else', async () => {
    await using running = await runForTest(
      service(() => idle),
      {}
    )
    assert.equal((await fetch(`${running.adminUrl}/`)).status, 404)
    assert.equal((await fetch(`${running.adminUrl}/readyz`, { method: 'POST' })).status, 405)
    const head = await fetch(`${running.adminUrl}/healthz`, { method: 'HEAD' })
    assert.deepEqual([head.status, await head.text()], [200, ''])
  })
})

describe('a service that cannot start', () => {
  it('waits for the dependency that is away, alive and not ready, and tries again with everything released', async () => {
    let attempts = 0
    let open = 0
    await using running = await runForTest(
      service(({ stack }) => {
        open++
        stack.defer(() => void open--)
        if (++attempts < 3) throw new UnavailableError('kafka', 'connect ECONNREFUSED')
        return idle
      }),
      {}
    )
    const first = await waitFor(
      'a reason',
      async () => {
        const readiness = await running.readyz()
        return /kafka/.test(readiness.reasons.join()) && readiness
      },
      { timeoutMs: 5_000 }
    )
    assert.equal(first.ready, false)
    assert.match(first.reasons.join(), /^waiting for kafka for \d+ s: connect ECONNREFUSED$/)
    assert.equal((await fetch(`${running.adminUrl}/healthz`)).status, 200)
    await untilRunning(running)
    assert.deepEqual([attempts, open], [3, 1])
    assert.deepEqual(messages(running), ['starting', 'waiting', 'available', 'running'])
  })

  it('stops at once, with 0, while it waits', async () => {
    const running = await runForTest(
      service(() => {
        throw new UnavailableError('kafka', 'away')
      }),
      {}
    )
    await waitFor('waiting', () => messages(running).includes('waiting'), { timeoutMs: 5_000 })
    assert.equal(await running.stop(), 0)
  })

  it('ends with 78 when it refuses, each problem on a line', async () => {
    const running = await runForTest(
      service(() => {
        throw new RefusedError(['topic a is missing', 'topic b is missing'])
      }),
      {}
    )
    assert.equal(await running.ended, 78)
    const problems = running.lines.filter(({ msg }) => msg === 'refused').map(({ problem }) => problem)
    assert.deepEqual(problems, ['topic a is missing', 'topic b is missing'])
  })

  it('stays with ON_REFUSED=stay: alive, not ready, the reason in /readyz, touching nothing', async () => {
    let open = 0
    const running = await runForTest(
      service(({ stack }) => {
        open++
        stack.defer(() => void open--)
        throw new RefusedError(['topic a is missing'])
      }),
      { ON_REFUSED: 'stay' }
    )
    const { reasons, ready } = await waitFor(
      'refused',
      async () => {
        const readiness = await running.readyz()
        return readiness.state === 'refused' && readiness
      },
      { timeoutMs: 5_000 }
    )
    assert.deepEqual([ready, reasons, open], [false, ['topic a is missing'], 0])
    assert.equal((await fetch(`${running.adminUrl}/healthz`)).status, 200)
    assert.equal(await running.stop(), 0)
  })

  it('stays as well when a loop refuses later', async () => {
    const running = await runForTest(
      service(({ fail }) => {
        setImmediate(() => fail(new RefusedError(['offset 5 is out of range'])))
        return idle
      }),
      { ON_REFUSED: 'stay' }
    )
    await waitFor('refused', async () => (await running.readyz()).state === 'refused', { timeoutMs: 5_000 })
    assert.equal(await running.stop(), 0)
  })

  it('refuses wrong settings before anything is started, and can stay with them', async () => {
    const never = service(() => assert.fail('started'))
    const required = { ...never, settings: { ...settings, NAME: setting.text({ doc: 'N.' }) } }
    const gone = await runForTest(required, { LOG_LEVEL: 'loud' })
    assert.equal(await gone.ended, 78)
    assert.equal(gone.lines.filter(({ msg }) => msg === 'refused').length, 2)

    const staying = await runForTest(required, { ON_REFUSED: 'stay' })
    assert.deepEqual((await staying.readyz()).reasons, ['NAME is not set, expected text: N.'])
    assert.equal(await staying.stop(), 0)
  })

  it('ends with 1 for a bug', async () => {
    const running = await runForTest(
      service(() => {
        throw new TypeError('x is not a function')
      }),
      {}
    )
    assert.equal(await running.ended, 1)
    assert.match(errorOf(running, 'failed').stack ?? '', /TypeError/)
  })
})
