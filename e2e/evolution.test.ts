import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { startPlatform, type Platform } from '@sluice/cli'
import { readDelta, repoRoot, waitFor } from '@sluice/testkit'

const type = 'weather.observed.v1'
const loaders = ['batch-loader', 'realtime-loader'] as const
const services = [...loaders, 'enricher', 'collector'] as const
type Service = (typeof services)[number]

/** Optional fields, each new in its minor version. */
const fields = [
  { name: 'remark', schema: { type: 'string', maxLength: 20 }, value: 'gusty' },
  { name: 'snow_inches', schema: { type: 'number', minimum: 0, maximum: 100 }, value: 1.5 }
]

interface Bench extends AsyncDisposable {
  readonly platform: Platform
  /** Gives a service the contracts of a minor version, and starts it anew. */
  readonly update: (service: Service, minor: number) => Promise<void>
  /** What the collector says of an event of a minor version that has its newest field. */
  readonly send: (minor: number, station?: string) => Promise<{ status: number; code: string | undefined }>
  /** Rows of the table once they are so many, by order of arrival. */
  readonly rows: (engine: 'delta-rs' | 'duckdb', count: number) => Promise<readonly Record<string, unknown>[]>
}

/** A platform in which every service has contracts of its own, all of version 1.0 at first, and no producers. */
async function openBench(): Promise<Bench> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-evolution-'))
  const schemasOf = (service: Service) => join(dir, `schemas-${service}`)
  for (const service of services) cpSync(join(repoRoot, 'schemas'), schemasOf(service), { recursive: true })
  const settings = services.map((service) => [service, { SCHEMAS_DIR: schemasOf(service), FLUSH_MS: '1000' }] as const)
  const env = Object.fromEntries(settings)
  const platform = await startPlatform({ dataDir: join(dir, 'data'), ports: 'free', services, env })
  const { s3, apiKeys } = platform.credentials()
  let sent = 0
  return {
    platform,
    async update(service, minor) {
      writeFileSync(join(schemasOf(service), `${type}.json`), JSON.stringify(contractOf(minor)))
      const running = platform.process(service)
      await running.stop()
      await running.start()
    },
    async send(minor, station = 'EWR') {
      sent++
      const answer = await fetch(`http://${platform.address('collector', 8080)}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKeys['demo']}`, 'content-type': 'application/cloudevents+json' },
        body: JSON.stringify(eventOf(sent, minor, station))
      })
      const { code, results } = (await answer.json()) as { code?: string; results?: { code?: string }[] }
      return { status: answer.status, code: results?.[0]?.code ?? code }
    },
    async rows(engine, count) {
      let found: readonly Record<string, unknown>[] = []
      const enough = async () => {
        found = (await readDelta(engine, s3, 'bronze/weather_observed_v1')).rows
        return found.length >= count
      }
      await waitFor(`${count} rows`, enough, { timeoutMs: 120_000, intervalMs: 1000 }).catch(() => undefined)
      assert.equal(found.length, count)
      return found.toSorted((a, b) => numberOf(a) - numberOf(b))
    },
    async [Symbol.asyncDispose]() {
      await platform.stop()
      rmSync(dir, { recursive: true, force: true })
    }
  }
}

function contractOf(minor: number): object {
  const schema = JSON.parse(readFileSync(join(repoRoot, `schemas/${type}.json`), 'utf8'))
  const added = fields.slice(0, minor).map((field) => [field.name, field.schema])
  return {
    ...schema,
    $id: `urn:sluice:weather.observed:1.${minor}`,
    'x-contract': { ...schema['x-contract'], version: `1.${minor}` },
    properties: { ...schema.properties, ...Object.fromEntries(added) }
  }
}

function eventOf(number: number, minor: number, station: string): object {
  const example = JSON.parse(
    readFileSync(join(repoRoot, `schemas/examples/${type}/valid-calm-morning.json`), 'utf8')
  ) as object
  const newest = fields[minor - 1]
  return {
    specversion: '1.0',
    id: `evolution-${number}`,
    source: 'urn:sluice:demo',
    type,
    time: '2013-06-01T12:00:00Z',
    dataschema: `urn:sluice:weather.observed:1.${minor}`,
    data: { ...example, station, ...(newest && { [newest.name]: newest.value }) }
  }
}

function numberOf(row: Record<string, unknown>): number {
  return Number(String(row['event_id']).split('-')[1])
}

async function reasonOf(platform: Platform, service: Service): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${platform.adminPort(service)}/readyz`)
  return `${answer.status} ${await answer.text()}`
}

describe('a contract that gets an optional field', () => {
  it('goes through a running platform in order, and a service that is too old stops at it until it is updated', async () => {
    await using bench = await openBench()
    const { platform, send, update, rows } = bench
    const accepted = { status: 202, code: undefined }
    assert.deepEqual([await send(0), await send(0)], [accepted, accepted])
    await rows('delta-rs', 2)
    assert.deepEqual(await send(1), { status: 422, code: 'unknown_version' }, 'a producer ahead of the collector')

    // In the right order nothing stops, and producers go on as they did.
    for (const service of services) {
      await update(service, 1)
      await platform.process(service).ready()
      assert.deepEqual(await send(0), accepted)
    }
    assert.deepEqual(await send(1), accepted)
    // Seven were taken: two before, four between, and the first with the field.
    for (const engine of ['delta-rs', 'duckdb'] as const) {
      const remarks = (await rows(engine, 7)).map((row) => row['remark'])
      assert.deepEqual(remarks, [...Array.from({ length: 6 }, () => null), 'gusty'], engine)
    }

    // In the wrong order the loaders meet a version that they do not know: they say so, and take nothing of it.
    for (const service of ['enricher', 'collector'] as const) {
      await update(service, 2)
      await platform.process(service).ready()
    }
    assert.deepEqual(await send(2, 'JFK'), accepted)
    for (const loader of loaders) {
      await waitFor(
        `${loader} to stop`,
        async () => /^503 [^]*weather\.observed 1\.2[^]*1\.1/.test(await reasonOf(platform, loader)),
        { timeoutMs: 60_000 }
      ).catch(async () => assert.fail(await reasonOf(platform, loader)))
    }
    await rows('delta-rs', 7)
    for (const loader of loaders) {
      await update(loader, 2)
      await platform.process(loader).ready()
    }
    for (const engine of ['delta-rs', 'duckdb'] as const) {
      const found = (await rows(engine, 8)).map((row) => [row['remark'], row['snow_inches']])
      assert.deepEqual(
        found.slice(-2),
        [
          ['gusty', null],
          [null, 1.5]
        ],
        engine
      )
    }
    assert.deepEqual((await readDelta('delta-rs', platform.credentials().s3, 'bronze/dead_letters')).rows, [])
  })
})
