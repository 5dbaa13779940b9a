import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { openPlatform, type Platform } from '@sluice/cli'
import { freePort, repoRoot, spawnGuarded, waitFor } from '@sluice/testkit'
import { expected } from './ask-oracle.ts'
import { landed } from './replay.ts'
import { startSecureParts, type SecureParts } from './secure-parts.ts'

const exec = promisify(execFile)
const dir = mkdtempSync(join(tmpdir(), 'sluice-secure-'))
const period = { FROM: '2013-02-12', TO: '2013-02-13', SPEED: 'max' }

describe('a platform whose every connection is encrypted, with a private authority', () => {
  const running = new AsyncDisposableStack()
  let parts: SecureParts
  let platform: Platform
  before(async () => {
    parts = running.use(await startSecureParts(dir))
    platform = running.use(await openSecurePlatform(parts))
    await platform.started
  })
  after(async () => {
    await running.disposeAsync()
    rmSync(dir, { recursive: true, force: true })
  })

  it('carries a day of 2013 from the producers to the lake and to Redis', async () => {
    const counts = await expected(`${period.FROM}T00:00:00Z`, `${period.TO}T00:00:00Z`)
    const report = await landed({ platform: seenFromOutside(platform, parts), expected: counts }, 120_000)
    assert.deepEqual(report.problems, [])
    const events = Object.values(counts).reduce((sum, one) => sum + one.events, 0)
    assert.equal(report.raw - (report.dlq['repeat'] ?? 0), events)
    assert.ok(Object.values(report.rows).reduce((sum, rows) => sum + rows, 0) >= events)
  })

  it('speaks with nobody in plaintext', async () => {
    const [collector, collectorGrpc] = [8080, 8081].map((port) => platform.address('collector', port))
    const models = [8000, 8001].map((port) => platform.address('enrichment-api', port))
    for (const address of [collector, collectorGrpc, ...models, ...parts.addresses]) {
      // SeaweedFS and Go's servers say in plaintext that they want TLS; none answers the question.
      const asked = exec('curl', ['-sS', '--fail', '--max-time', '20', `http://${address}/v1/events`])
      await assert.rejects(asked, `${address} answers in plaintext`)
    }
    const curl = ['-sS', '--cacert', parts.ca, '-o', join(dir, 'answer'), '-w', '%{http_code}']
    assert.equal((await exec('curl', [...curl, `https://${collector}/v1/events`])).stdout, '401')
    assert.equal((await exec('curl', [...curl, `https://${models[0]}/v2/health/ready`])).stdout, '200')
  })

  for (const { service, dependency } of [
    { service: 'realtime-loader', dependency: 'redis' },
    { service: 'batch-loader', dependency: 's3' }
  ])
    it(`has a ${service} that waits for ${dependency}, which it cannot trust, and says why`, async () => {
      const { NODE_EXTRA_CA_CERTS: _, ...stranger } = platform.process(service).planned.environment
      const port = await freePort()
      const { NODE_EXTRA_CA_CERTS: __, ...settings } = parts.settings
      const own = { ADMIN_PORT: String(port), GROUP_ID: 'stranger', SPOOL_DIR: join(dir, 'spool') }
      await using loader = spawnLoader(service, { ...stranger, ...settings, ...own })
      const reason = await waitFor(
        'the loader to say why it waits',
        async () => (await reasonsAt(port)).find((text) => text.includes('certificate')),
        { timeoutMs: 60_000 }
      )
      assert.match(reason, new RegExp(dependency))
      void loader
    })
})

/** The platform of the compose file with its services on the secure parts; its own stay idle. */
async function openSecurePlatform(parts: SecureParts): Promise<Platform> {
  const client = { ...parts.settings }
  const env: Record<string, Record<string, string>> = {
    topics: client,
    bucket: client,
    collector: { ...client, ...parts.serverSettings },
    'enrichment-api': { ...parts.serverSettings },
    enricher: { ...client, ENRICHMENT_TLS: 'true', ENRICHMENT_TLS_CA_FILE: parts.ca },
    'batch-loader': { ...client, FLUSH_MS: '2000' },
    'realtime-loader': client,
    'flight-producer': { ...client, ...period },
    'weather-producer': { ...client, ...period, COLLECTOR_TLS: 'true' },
    console: { ...client }
  }
  const opened = await openPlatform({ dataDir: join(dir, 'platform'), ports: 'free', env })
  // What a service is told is read when it is started, and these wait for others.
  Object.assign(env['flight-producer'] ?? {}, { COLLECTOR_URL: `https://${opened.address('collector', 8080)}` })
  Object.assign(env['console'] ?? {}, { ENRICHMENT_API_URL: `https://${opened.address('enrichment-api', 8000)}` })
  return opened
}

/** Where the oracle reads: the same servers, by their doors without TLS. */
function seenFromOutside(platform: Platform, { open }: SecureParts): Pick<Platform, 'address' | 'credentials'> {
  return {
    address: (service, port) => (service === 'kafka' ? open.brokers : platform.address(service, port)),
    credentials: () => {
      const known = platform.credentials()
      return { ...known, s3: { ...known.s3, ...open.s3 }, redis: { ...known.redis, ...open.redis } }
    }
  }
}

function spawnLoader(service: string, env: Record<string, string>): AsyncDisposable {
  const process_ = spawnGuarded({
    command: process.execPath,
    args: [join(repoRoot, `services/${service}/main.ts`)],
    cwd: repoRoot,
    env: { PATH: process.env['PATH'], ...env },
    logFile: join(dir, `stranger-${service}.log`),
    onOrphan: 'SIGTERM'
  })
  return { [Symbol.asyncDispose]: () => process_.stop(10_000).then(() => undefined) }
}

async function reasonsAt(port: number): Promise<readonly string[]> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
    return ((await answer.json()) as { readonly reasons: readonly string[] }).reasons
  } catch {
    return [] // it does not listen yet
  }
}
