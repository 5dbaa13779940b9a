import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { planServices, startPlatform, type PlannedService, type Platform } from '@sluice/cli'
import { assertReadmeSettings } from '@sluice/service/testing'
import { idleShare, repoRoot, waitFor } from '@sluice/testkit'
import { counter } from '../replay.ts'
import { listeningPorts, openWitness, startService } from './one-service.ts'

// The rules of docs/service.md, on every service of docker-compose.yml and from outside: a new one is held to them too.
// RULES_OF=enricher,console npm run test:rules    only these, with what they need

/** Shares of a core. The console does not idle: it asks every box all the time, see docs/service.md. */
const mostWhenIdle: Readonly<Record<string, number>> = { console: 0.1 }
const mostOfOthers = 0.01

/** Lines of a log for a start, a day of 2,300 events and a stop: 5 to 20 were seen. */
const mostLines = 200

/** These and what they need make the day flow through the platform. */
const flow = ['flight-producer', 'weather-producer', 'enricher']
const leastEvents = 1_000

const only = (process.env['RULES_OF'] ?? '').split(',').filter((name) => name !== '')

const timeoutMs = 90_000
const dir = mkdtempSync(join(tmpdir(), 'sluice-rules-'))
const all = await planServices(join(dir, 'alone'))
const services = only.length === 0 ? all : all.filter(({ name }) => only.includes(name))
const documented = new Set(
  [...readFileSync(join(repoRoot, 'docs/service.md'), 'utf8').matchAll(/^\| `(sluice_\w+)` \|/gm)].map(
    ([, name]) => name
  )
)
const unknown = only.filter((name) => !services.some((service) => service.name === name))
if (unknown.length > 0)
  throw new Error(`RULES_OF: expected services of docker-compose.yml, found ${unknown.join(', ')}`)
after(() => rmSync(dir, { recursive: true, force: true }))

for (const service of services) {
  const { name, main, environment, dependencies } = service

  describe(`${name} keeps the rules`, { concurrency: 2 }, () => {
    it('ends with 78 when its settings are wrong, says all that is wrong with them, and connects to nothing', async () => {
      await using witness = await openWitness()
      const wrong = { ADMIN_PORT: '99999', WATCHDOG_MS: 'soon', LOG_LEVEL: '', LOG_LEVLE: 'info', ON_REFUSED: 'exit' }
      await using running = startService(service, { ...witness.instead(environment), ...wrong })
      assert.equal(await running.ended, 78, running.lines.join('\n'))
      const problems = running.lines.map((line) => JSON.parse(line) as { problem?: string }).map((line) => line.problem)
      assert.ok(
        problems.some((problem) => problem?.startsWith('ADMIN_PORT is "99999", expected ')),
        problems.join('\n')
      )
      assert.ok(
        problems.some((problem) => problem?.startsWith('WATCHDOG_MS is "soon", expected ')),
        problems.join('\n')
      )
      assert.ok(
        problems.includes('LOG_LEVLE is not a setting of this service, expected LOG_LEVEL'),
        problems.join('\n')
      )
      assert.equal(witness.count(), 0, 'connections')
    })

    it('stays with ON_REFUSED=stay: alive, not ready, says why, and holds nothing open but its admin port', async () => {
      await using witness = await openWitness()
      const slip = { LOG_LEVEL: '', LOG_LEVLE: 'info', ON_REFUSED: 'stay' }
      await using running = startService(service, { ...witness.instead(environment), ...slip })
      const readiness = await waitFor(
        'the refusal',
        async () => {
          const found = await running.readyz()
          return found.reasons.some((reason) => reason.includes('LOG_LEVLE')) && found
        },
        { timeoutMs }
      )
      assert.equal(readiness.ready, false)
      assert.equal((await running.get('/healthz')).status, 200)
      assert.deepEqual(listeningPorts(running.pid), [Number(environment['ADMIN_PORT'])])
      assert.equal(witness.count(), 0, 'connections')
      running.signal('SIGTERM')
      assert.equal(await running.ended, 0)
    })

    it('is alive, and says for whom it waits, while everything that it needs is away; then it ends with 0', async () => {
      const secret = `not-to-be-seen-${name}`
      const given = await secretsOf(service, secret)
      await using running = startService(service, { ...given, LOG_LEVEL: 'debug', ON_REFUSED: 'exit' })
      const readiness = await waitFor(
        'the reasons',
        async () => {
          const found = await running.readyz()
          const isNamed = found.reasons.some((reason) => dependencies.some((one) => reason.includes(one)))
          return (dependencies.length === 0 ? found.ready : isNamed) && found
        },
        { timeoutMs }
      ).catch((error: unknown) => assert.fail(`${String(error)}\n${running.lines.join('\n')}`))
      assert.deepEqual(Object.keys(readiness).toSorted(), ['ready', 'reasons', 'service', 'state', 'version'])
      assert.equal(readiness.service, name)
      assert.equal(readiness.ready, dependencies.length === 0)
      assert.equal((await running.get('/readyz')).status, readiness.ready ? 200 : 503)
      for (const reason of readiness.reasons) assert.match(reason, /\w+ \w+ \w+/, 'in words')
      const health = await running.get('/healthz')
      assert.equal(health.status, 200, health.text)
      assertMetrics((await running.get('/metrics')).text, readiness.ready)

      // npm sends it more than once.
      running.signal('SIGTERM')
      running.signal('SIGINT')
      assert.equal(await running.ended, 0, running.lines.join('\n'))
      assert.ok(!running.lines.some((line) => line.includes(secret)), 'a secret is in the log')
      assert.equal(running.errors(), '')
      assertLog(running.lines, name)
    })

    it('prints its settings in its README', async () => {
      assertReadmeSettings(dirname(main), await settingsOf(service))
    })
  })
}

describe('every service of a platform that runs', () => {
  let platform: Platform
  before(async () => {
    const variables = { ...process.env, SPEED: 'max', FROM: '2013-09-01', TO: '2013-09-02' }
    platform = await startPlatform({
      dataDir: join(dir, 'data'),
      ports: 'free',
      variables,
      env: await quiet(),
      readyTimeoutMs: 240_000,
      ...(only.length > 0 && { services: [...only, ...flow] })
    })
    const hasFlown = async () => (await counter(platform, 'enricher', 'sluice_sent_total')) > leastEvents
    await waitFor(`${leastEvents} events`, hasFlown, { timeoutMs: 240_000 })
  })
  after(() => platform?.stop())

  for (const { name } of services) {
    it(`is ready, and uses next to nothing of a core when nothing flows: ${name}`, async () => {
      const get = (path: string) => fetch(`http://127.0.0.1:${platform.adminPort(name)}${path}`)
      await waitFor('ready', async () => (await get('/readyz')).status === 200, { timeoutMs })
      assertMetrics(await (await get('/metrics')).text(), true)
      const most = mostWhenIdle[name] ?? mostOfOthers
      const share = await idleShare(platform.process(name).pid, most)
      console.log(`# ${name}: ${(share * 100).toFixed(2)} % of a core`)
      assert.ok(share < most, `${(share * 100).toFixed(2)} % of a core, expected less than ${most * 100} %`)
    })
  }

  for (const { name } of services) {
    it(`ends with 0 when it is told to, and has not logged each event: ${name}`, async () => {
      await platform.process(name).stop()
      const log = readFileSync(join(platform.logDir, `${name}.log`), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
      assertLog(log, name)
      console.log(`# ${name}: ${log.length} lines in its log`)
      assert.ok(log.length < mostLines, `${log.length} lines, expected less than ${mostLines}; the last: ${log.at(-2)}`)
      assert.deepEqual(lastOf(log), { msg: 'ended', code: 0 })
    })
  }
})

/** A producer as `sluice new` makes it sends all the time: here it pauses for longer than idleness is measured. */
async function quiet(): Promise<Record<string, Record<string, string>>> {
  const declared = await Promise.all(all.map(async (service) => [service.name, await settingsOf(service)] as const))
  const steady = declared.filter(([, settings]) => 'EVERY_MS' in settings)
  return Object.fromEntries(steady.map(([name]) => [name, { EVERY_MS: '20000' }]))
}

type Declared = Parameters<typeof assertReadmeSettings>[1]

async function settingsOf({ main }: PlannedService): Promise<Declared> {
  return ((await import(join(dirname(main), 'config.ts'))) as { settings: Declared }).settings
}

/** Every secret given by a variable instead of by a file. */
async function secretsOf(service: PlannedService, value: string): Promise<Record<string, string>> {
  const names = Object.entries(await settingsOf(service)).flatMap(([name, { secret }]) => (secret ? [name] : []))
  // A user and a mechanism belong to a password of Kafka.
  const sasl = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'someone' }
  return {
    ...Object.fromEntries(
      names.flatMap((name) => [
        [name, value],
        [`${name}_FILE`, '']
      ])
    ),
    ...(names.includes('KAFKA_SASL_PASSWORD') && sasl)
  }
}

function assertMetrics(text: string, ready: boolean): void {
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const names = new Set(samples.map((line) => /^\w+/.exec(line)?.[0].replace(/_(bucket|sum|count)$/, '') ?? line))
  assert.deepEqual(
    [...names].filter((name) => !documented.has(name)),
    [],
    'metrics that docs/service.md does not name'
  )
  assert.ok(samples.includes(`sluice_ready ${ready ? 1 : 0}`), 'sluice_ready says what /readyz says')
}

/** JSON lines, each with the name of the service. */
function assertLog(lines: readonly string[], name: string): void {
  for (const line of lines) {
    const { service, msg, level } = JSON.parse(line) as Record<string, unknown>
    assert.deepEqual([service, typeof msg, typeof level], [name, 'string', 'string'], line)
  }
}

function lastOf(lines: readonly string[]): { msg: unknown; code: unknown } {
  const { msg, code } = JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>
  return { msg, code }
}
