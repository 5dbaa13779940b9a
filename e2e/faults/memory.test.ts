import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import { waitFor } from '@sluice/testkit'
import { assertExact, isFull, sized } from './judge.ts'
import { kafkaClients, openLab, type Lab } from './lab.ts'
import { readLag } from './metrics.ts'
import { residentMb } from './stalls.ts'
import { openWatch, progressOf, type Watch } from './watch.ts'
import { startWorkload, type Workload } from './workload.ts'

/* Everything that they need away at once, under load: what it costs in memory, and how long it takes afterwards. */

/** Bounds per process, in MB. */
const bounds: Readonly<Record<string, number>> = {
  collector: 300,
  enricher: 300,
  'batch-loader': 600,
  'realtime-loader': 600
}

describe('with every dependency away', () => {
  let lab: Lab
  let watch: Watch
  let load: Workload
  const most: Record<string, number> = {}
  const timer = setInterval(measure, 500)

  before(async () => {
    lab = await openLab()
    watch = await openWatch(lab.platform)
    load = startWorkload(lab, { seed: 7, eventsPerSecond: 200, keys: 120, straightToRaw: 0 })
    const lands = async (): Promise<boolean> => (progressOf(await watch.look('lake'), 'batch-loader') ?? 0) > 30
    await waitFor('everything flows', lands, { timeoutMs: 90_000 })
  })
  after(async () => {
    clearInterval(timer)
    await load?.[Symbol.asyncDispose]()
    await watch?.[Symbol.asyncDispose]()
    await lab?.[Symbol.asyncDispose]()
  })

  it('each process waits, in words, within its bound of memory', async () => {
    const answered = load.ledger.answered()
    lab.links.s3.decide = () => ({ status: 503, error: 'SlowDown' })
    await lab.links.redis.set({ kind: 'refused' })
    await lab.links.api.set({ kind: 'refused' })
    // First the stores alone: what comes in meanwhile has to be held up somewhere.
    await sleep((sized(20, 120) * 1_000) / 2)
    assert.ok(load.ledger.answered() > answered, 'the collector goes on as long as it has Kafka')
    await Promise.all(kafkaClients.map((service) => lab.links.kafka.set({ kind: 'refused' }, service)))
    await sleep((sized(20, 120) * 1_000) / 2)
    for (const service of Object.keys(bounds)) {
      const one = lab.process(service)
      assert.notEqual(one.state, 'ready', `${service} says that it is ready`)
      assert.match(one.note, /\w/, `${service} says why it is not`)
    }
  })

  it('and everything has caught up soon after they are back', async () => {
    lab.links.s3.decide = () => 'pass'
    await lab.links.redis.set(null)
    await lab.links.api.set(null)
    await Promise.all(kafkaClients.map((service) => lab.links.kafka.set(null, service)))
    const healed = performance.now()
    // At CI's sizes the machine is shared: five times what is promised.
    await waitFor('everybody has caught up', hasCaughtUp, { timeoutMs: 60_000 * (isFull ? 1 : 5) })
    const seconds = Math.round((performance.now() - healed) / 1_000)
    await load.stop()
    const report = await assertExact(lab, [load])
    measure()
    console.log(
      `# caught up after ${seconds} s, ${JSON.stringify(report.ledger)}, most memory (MB) ${JSON.stringify(most)}`
    )
    for (const [service, bound] of Object.entries(bounds))
      assert.ok((most[service] ?? 0) <= bound, `${service} took ${most[service]} MB, at most ${bound} were promised`)
    for (const { planned, restarts } of lab.platform.processes)
      if (planned.kind === 'service') assert.equal(restarts, 0, `${planned.id} was restarted`)
  })

  function measure(): void {
    for (const { planned, pid } of lab?.platform.processes ?? [])
      most[planned.service.name] = Math.max(most[planned.service.name] ?? 0, residentMb(pid))
  }

  /** Nothing older than a second of load is left before anybody. */
  async function hasCaughtUp(): Promise<boolean> {
    for (const service of ['enricher', 'batch-loader', 'realtime-loader']) {
      const one = lab.process(service)
      const lag = await readLag(one, service === 'batch-loader' ? 2 : 1)
      if (one.state !== 'ready' || lag === null || lag > 200) return false
    }
    return lab.process('collector').state === 'ready'
  }
})
