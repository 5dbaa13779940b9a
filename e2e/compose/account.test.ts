import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { waitFor } from '@sluice/testkit'
import { expected, observe, type Expected, type Report } from '../ask-oracle.ts'
import type { Lab } from '../faults/lab.ts'
import { startWorkload } from '../faults/workload.ts'
import { inspect, killInside, openPlatform, ourServices, readConfig } from './containers.ts'
import { runExamples } from './readme-examples.ts'

describe('the platform in containers', () => {
  let platform: Awaited<ReturnType<typeof openPlatform>>
  let day: Expected
  before(async () => {
    platform = await openPlatform()
    const { FROM, TO } = process.env
    day = await expected(`${FROM}T00:00:00Z`, `${TO}T00:00:00Z`)
  })

  /** What the oracle sees once `events` different ones are in and nothing is wrong, or is at the deadline. */
  async function landed(events: number): Promise<Report> {
    let last: Report | undefined
    const look = async (): Promise<Report | false> => {
      last = await observe(platform)
      return last.problemCount === 0 && distinct(last) >= events && last
    }
    try {
      return await waitFor('everything has landed', look, { timeoutMs: 120_000, intervalMs: 1_000 })
    } catch (error) {
      if (last === undefined) throw error
      return last
    }
  }

  it('brings one day of 2013 where it belongs, each event once, seen from outside', async () => {
    const report = await landed(sum(day, 'events'))
    assert.deepEqual(report.problems, [])
    for (const [type, { events, bad }] of Object.entries(day)) {
      assert.equal(report.enriched[type] ?? 0, events - bad, `${type} in the enriched topic`)
      assert.equal(report.rows[type.replaceAll('.', '_')], events - bad, `${type} in the lake`)
    }
    assert.equal(report.dlq['contract'], sum(day, 'bad'), 'dead letters')
    assert.equal(distinct(report), sum(day, 'events'))
  })

  it('answers the examples of the READMEs as they say', async () => {
    const collector = await runExamples('services/collector/README.md')
    assert.equal(collector.match(/^HTTP\/1.1 202/gm)?.length, 2, collector)
    assert.match(collector, /"status":422,"code":"contract".*"pointer":"\/data\//, 'what the contract would say')
    assert.equal(collector.match(/"status": ?202/g)?.length, 5, collector)
    assert.match(await runExamples('README.md'), /"id":"my-first","status":202/)
    const api = await runExamples('services/enrichment-api/README.md')
    assert.match(api, /"name":"arrival-delay"/)
    assert.match(api, /"data":\[0\.0\d+\]/)
  })

  it('loses and doubles nothing when each service of ours crashes once under load', async () => {
    const before = distinct(await landed(0))
    const port = (service: string, target: number) => ({
      port: Number(platform.address(service, target).split(':')[1])
    })
    // The fault laboratory's clients, without its proxies.
    const lab = {
      platform,
      links: { kafka: port('kafka', 19092), rest: [port('collector', 8080)], grpc: [port('collector', 8081)] }
    } as unknown as Lab
    const workload = startWorkload(lab, { seed: 20130212, eventsPerSecond: 60, keys: 24, straightToRaw: 0 })
    for (const service of ourServices(await readConfig())) {
      const { RestartCount } = await inspect(service)
      await killInside(service)
      await waitFor(
        `${service} is back by its restart policy`,
        async () => {
          const { RestartCount: now, State } = await inspect(service)
          return now > RestartCount && State.Health?.Status === 'healthy'
        },
        { timeoutMs: 60_000, intervalMs: 250 }
      )
    }
    await workload.stop()
    const { entries } = workload.ledger
    assert.deepEqual(
      entries.filter(({ answered }) => answered === 0).map(({ id }) => id),
      [],
      'never answered'
    )
    assert.deepEqual(
      entries.flatMap(({ odd }) => odd),
      []
    )
    const report = await landed(before + entries.length)
    assert.deepEqual(report.problems, [])
    assert.equal(distinct(report), before + entries.length, 'every event that was answered, and no other')
    console.log(`${entries.length} events of clients while each service crashed once`)
  })
})

/** Events in the raw topic, repeats apart. */
function distinct({ raw, dlq }: Report): number {
  return raw - (dlq['repeat'] ?? 0)
}

function sum(counts: Expected, what: 'events' | 'bad'): number {
  return Object.values(counts).reduce((total, count) => total + count[what], 0)
}
