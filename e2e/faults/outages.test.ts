import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import { waitFor, type LinkFault } from '@sluice/testkit'
import { assertExact, isFull, sized } from './judge.ts'
import { kafkaClients, openLab, type Lab } from './lab.ts'
import { readLag } from './metrics.ts'
import { residentMb } from './stalls.ts'
import { openWatch, progressOf, type Watch } from './watch.ts'
import { startWorkload, type Workload } from './workload.ts'

/* P6: an outage is never mistaken for bad data. And what everything costs in memory meanwhile. */

describe('an outage', () => {
  let lab: Lab
  let watch: Watch
  let load: Workload
  const outageMs = sized(20, 120) * 1_000
  /** Bounds per process, in MB. */
  const bounds: Readonly<Record<string, number>> = {
    collector: 300,
    enricher: 300,
    'batch-loader': 600,
    'realtime-loader': 600
  }
  const most: Record<string, number> = {}
  /** Of processes that were to live on, with their last words. */
  const ends: string[] = []

  before(async () => {
    // Shorter than the outages: whoever waits for a dependency in words is not a stall (P18). A collector ticks every 15 s.
    const patient = { WATCHDOG_MS: '15000' }
    lab = await openLab({
      onChange: ({ planned, state, note }) =>
        planned.kind === 'service' && state === 'restarting' && ends.push(`${planned.id}: ${note}`),
      env: { enricher: patient, 'batch-loader': patient, 'realtime-loader': patient }
    })
    watch = await openWatch(lab.platform)
    load = startWorkload(lab, { seed: 6, eventsPerSecond: sized(40, 80), invalid: 0, repeated: 0, straightToRaw: 0 })
    await waitFor('everything flows', async () => (progressOf(await watch.look('lake'), 'batch-loader') ?? 0) > 30, {
      timeoutMs: 60_000
    })
  })
  after(async () => {
    await load?.[Symbol.asyncDispose]()
    await watch?.[Symbol.asyncDispose]()
    await lab?.[Symbol.asyncDispose]()
  })

  it('of the model holds up its events, and no others', async () => {
    await lab.links.api.set({ kind: 'refused' })
    await whileAway('enricher', () => lab.links.api.set(null))
  })

  it('of S3 holds up the lake and nothing else: 403, then 503', async () => {
    const enriched = progressOf(await watch.look('end'), 'enricher') ?? 0
    for (const fate of [
      { status: 403, error: 'AccessDenied' },
      { status: 503, error: 'SlowDown' }
    ]) {
      lab.links.s3.decide = () => fate
      await whileAway(
        'batch-loader',
        async () => {
          lab.links.s3.decide = () => 'pass'
        },
        outageMs / 2
      )
    }
    assert.ok((progressOf(await watch.look('end'), 'enricher') ?? 0) > enriched, 'the enricher went on')
  })

  it('of Redis holds up the views and nothing else', async () => {
    await lab.links.redis.set({ kind: 'refused' })
    await whileAway('realtime-loader', () => lab.links.redis.set(null))
  })

  it('of Kafka holds up everybody, and everybody comes back', async () => {
    const away: LinkFault = { kind: 'half-open' }
    await Promise.all(kafkaClients.map((service) => lab.links.kafka.set(away, service)))
    await whileAway('enricher', async () => {
      await Promise.all(kafkaClients.map((service) => lab.links.kafka.set(null, service)))
    })
  })

  it('left no dead letter, no restart, and memory within its bounds', async () => {
    const report = await assertExact(lab, [load])
    assert.deepEqual(
      Object.keys(report.dlq).filter((reason) => reason !== 'repeat'),
      []
    )
    assert.deepEqual(ends, [], 'nothing was started again')
    console.log(`# ${JSON.stringify(report.ledger)} most memory (MB) ${JSON.stringify(most)}`)
    for (const [service, bound] of Object.entries(bounds))
      assert.ok((most[service] ?? 0) <= bound, `${service} took ${most[service]} MB, at most ${bound} were promised`)
  })

  /** Waits out the outage, heals it, and waits until nobody lags. */
  async function whileAway(service: string, heal: () => Promise<void>, ms = outageMs): Promise<void> {
    const until = performance.now() + ms
    while (performance.now() < until) {
      await sleep(1_000)
      for (const { planned, pid } of lab.platform.processes)
        most[planned.service.name] = Math.max(most[planned.service.name] ?? 0, residentMb(pid))
    }
    const one = lab.process(service)
    assert.notEqual(one.state, 'ready', `${service} says that it is ready`)
    assert.match(one.note, /\w/, 'it says why it is not')
    const why = one.note
    await heal()
    const healed = performance.now()
    await waitFor(`${service} has caught up`, async () => one.state === 'ready' && (await hasCaughtUp(service)), {
      timeoutMs: 60_000 * (isFull ? 1 : 3)
    })
    console.log(`# ${service}: "${why.slice(0, 100)}", caught up after ${Math.round(performance.now() - healed)} ms`)
  }

  /** Under load there is always something on its way. */
  async function hasCaughtUp(service: string): Promise<boolean> {
    const lag = await readLag(lab.process(service), service === 'batch-loader' ? 2 : 1)
    return lag !== null && lag < 400
  }
})
