import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parseCompose, readCompose, type ComposeFile } from '../compose/read-compose.ts'
import { toyComposeFile } from '../testing/toy-platform.ts'
import { assignPorts, type PortOptions } from './assign-ports.ts'
import { planPlatform, type PlannedProcess } from './plan.ts'

const real = readCompose(join(import.meta.dirname, '../../../docker-compose.yml'), {})

async function plan(file: ComposeFile, options: PortOptions = {}): Promise<readonly PlannedProcess[]> {
  const replicas = options.replicas ?? {}
  return planPlatform(file, await assignPorts(file, options), { root: '/repo', dataDir: '/kept', replicas })
}

function environmentOf(processes: readonly PlannedProcess[], id: string): Readonly<Record<string, string>> {
  return processes.find((one) => one.id === id)?.environment ?? {}
}

describe('the plan of the platform without Docker', () => {
  it('leads every address to this machine', async () => {
    const planned = await plan(real)
    const enricher = environmentOf(planned, 'enricher')
    assert.equal(enricher['KAFKA_BROKERS'], '127.0.0.1:19092')
    assert.equal(enricher['ENRICHMENT_API'], '127.0.0.1:8001')
    assert.equal(environmentOf(planned, 'batch-loader')['S3_ENDPOINT'], 'http://127.0.0.1:8333')
    assert.equal(environmentOf(planned, 'realtime-loader')['REDIS_URL'], 'redis://127.0.0.1:6379')
    assert.equal(environmentOf(planned, 'flight-producer')['COLLECTOR_URL'], 'http://127.0.0.1:8080')
  })

  it('listens on loopback only', async () => {
    for (const { id, kind, environment } of await plan(real))
      if (kind === 'service') assert.equal(environment['ADMIN_HOST'], '127.0.0.1', id)
  })

  it('leads every path to a volume or into the repository', async () => {
    const planned = await plan(real)
    const loader = environmentOf(planned, 'batch-loader')
    assert.equal(loader['AWS_SHARED_CREDENTIALS_FILE'], '/kept/volumes/secrets/aws-credentials')
    assert.equal(loader['SPOOL_DIR'], '/kept/tmp/batch-loader/tmp/spool')
    assert.equal(loader['SCHEMAS_DIR'], '/repo/schemas')
    assert.equal(environmentOf(planned, 'weather-producer')['STATE_DIR'], '/kept/volumes/weather-producer')
    assert.deepEqual(planned.find(({ id }) => id === 'secrets')?.command, ['secrets', '--dir', '/kept/volumes/secrets'])
  })

  it('lets a service that refuses exit', async () => {
    assert.equal(environmentOf(await plan(real), 'collector')['ON_REFUSED'], 'exit')
  })

  it('moves a port, and everyone who names it', async () => {
    const planned = await plan(real, { variables: { SLUICE_PORT_COLLECTOR_8080: '18080' } })
    assert.equal(environmentOf(planned, 'collector')['HTTP_PORT'], '18080')
    assert.equal(environmentOf(planned, 'flight-producer')['COLLECTOR_URL'], 'http://127.0.0.1:18080')
  })

  it('moves all ports at once', async () => {
    const planned = await plan(real, { portOffset: 1000 })
    assert.equal(environmentOf(planned, 'enricher')['KAFKA_BROKERS'], '127.0.0.1:20092')
    assert.equal(environmentOf(planned, 'enricher')['ADMIN_PORT'], '10103')
  })

  it('gives replicas ports and folders of their own', async () => {
    const planned = await plan(real, { replicas: { 'batch-loader': 3 } })
    const admin = planned
      .filter(({ service }) => service.name === 'batch-loader')
      .map((one) => one.environment['ADMIN_PORT'])
    assert.equal(new Set(admin).size, 3)
    assert.notEqual(
      environmentOf(planned, 'batch-loader-2')['SPOOL_DIR'],
      environmentOf(planned, 'batch-loader')['SPOOL_DIR']
    )
  })

  it('takes free ports when told to', async () => {
    const a = await plan(real, { ports: 'free' })
    const b = await plan(real, { ports: 'free' })
    const ports = [...a, ...b].flatMap(({ environment }) => environment['ADMIN_PORT'] ?? [])
    assert.equal(new Set(ports).size, ports.length)
  })

  it('refuses an address at which nobody listens', async () => {
    const file = parseCompose(toyComposeFile.replace("'worker:9202'", "'worker:9999'"), {})
    await assert.rejects(() => plan(file), /web: PEER names port 9999 of worker, which does not listen there/)
  })

  it('refuses a path that is in no volume', async () => {
    const file = parseCompose(toyComposeFile.replace('NAME: web, VOLUME: /shared', 'NAME: web, VOLUME: /elsewhere'), {})
    await assert.rejects(() => plan(file), /web: \/elsewhere is in none of its volumes/)
  })

  it('refuses one port for two', async () => {
    const variables = { SLUICE_PORT_COLLECTOR_8080: '8081' }
    await assert.rejects(() => plan(real, { variables }), /port 8081 is given to both collector and collector/)
  })

  it('refuses an image for which it knows no program', async () => {
    const file = parseCompose(toyComposeFile.replace('valkey/valkey:9', 'postgres:18'), {})
    await assert.rejects(() => plan(file), /redis: nothing is known here to run instead of the image postgres:18/)
  })
})
