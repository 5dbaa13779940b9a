import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { readDelta, repoRoot, waitFor } from '@sluice/testkit'
import { eventsOfKey, type KeyEvents } from './events.ts'
import { assertExact } from './judge.ts'
import { openLab, type Lab } from './lab.ts'
import { openPublisher, type Answer, type Publisher } from './publish.ts'
import { createRandom } from './random.ts'
import { openWatch, progressOf, type Watch } from './watch.ts'
import { startWorkload, type Workload } from './workload.ts'

/* A new contract on a platform under load: one file, and every service started anew, those that read last first. */

const order = ['batch-loader', 'realtime-loader', 'enricher', 'collector'] as const
const type = 'balloon.observed.v1'

describe('a new contract', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-new-contract-'))
  const schemasOf = (service: string): string => join(dir, service)
  const events: KeyEvents = eventsOfKey(600, createRandom(8))
  let lab: Lab
  let watch: Watch
  let load: Workload
  let publisher: Publisher

  before(async () => {
    for (const service of order) cpSync(join(repoRoot, 'schemas'), schemasOf(service), { recursive: true })
    const env = Object.fromEntries(order.map((service) => [service, { SCHEMAS_DIR: schemasOf(service) }]))
    lab = await openLab({ env })
    watch = await openWatch(lab.platform)
    publisher = openPublisher({
      restPorts: lab.links.rest.map(({ port }) => port),
      grpcPorts: lab.links.grpc.map(({ port }) => port),
      apiKey: lab.platform.credentials().apiKeys['demo'] ?? ''
    })
    load = startWorkload(lab, { seed: 88, eventsPerSecond: 30, invalid: 0, straightToRaw: 0 })
    const lands = async (): Promise<boolean> => (progressOf(await watch.look('lake'), 'batch-loader') ?? 0) > 20
    await waitFor('everything flows', lands, { timeoutMs: 60_000 })
  })
  after(async () => {
    publisher?.[Symbol.dispose]()
    await load?.[Symbol.asyncDispose]()
    await watch?.[Symbol.asyncDispose]()
    await lab?.[Symbol.asyncDispose]()
    rmSync(dir, { recursive: true, force: true })
  })

  it('is refused with its name until the collector, the last one, knows it', async () => {
    for (const service of order) {
      const { answer } = await send()
      assert.deepEqual([answer.status, answer.code], [422, 'unknown_type'], `before ${service}`)
      writeFileSync(join(schemasOf(service), `${type}.json`), contract())
      const one = lab.process(service)
      await one.stop()
      await one.start()
      await one.ready()
    }
  })

  it('has its table, empty, before its first event', async () => {
    assert.deepEqual((await table()).rows, [])
  })

  it('lands, each event once, also when its loader dies right after they were accepted', async () => {
    const accepted: string[] = []
    while (accepted.length < 40) {
      const { id, answer } = await send()
      if (answer.status === 202) accepted.push(id)
    }
    await lab.killAndWait('batch-loader')
    let found: unknown[] = []
    const areThere = async (): Promise<boolean> => {
      found = (await table()).rows.map((row) => row['event_id'])
      return accepted.every((id) => found.includes(id))
    }
    await waitFor('the rows', areThere, { timeoutMs: 90_000, intervalMs: 1_000 }).catch(() => undefined)
    const lost = accepted.filter((id) => !found.includes(id))
    assert.deepEqual(lost, [])
    assert.equal(new Set(found).size, found.length)
  })

  it('has cost the others nothing', async () => {
    const report = await assertExact(lab, [load])
    assert.deepEqual(
      Object.keys(report.dlq).filter((reason) => reason !== 'repeat'),
      []
    )
  })

  /** One event of the new type, with an id of its own at every try. */
  async function send(): Promise<{ readonly id: string; readonly answer: Answer }> {
    const { event } = events.next('valid')
    const [answer] = await publisher.rest(0, [{ ...event, type, dataschema: 'urn:sluice:balloon.observed:1.0' }])
    assert.ok(answer)
    return { id: event.id, answer }
  }

  function table() {
    const { s3 } = lab.platform.credentials()
    return readDelta('delta-rs', s3, 'bronze/balloon_observed_v1')
  }
})

/** The contract of another type under a new name. */
function contract(): string {
  const text = readFileSync(join(repoRoot, 'schemas/weather.observed.v1.json'), 'utf8')
  return text.replaceAll('weather.observed', 'balloon.observed').replaceAll('weather_observed', 'balloon_observed')
}
