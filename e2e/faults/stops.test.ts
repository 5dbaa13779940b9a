import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import { waitFor } from '@sluice/testkit'
import { pointsOf } from './faults.ts'
import { assertExact, isFull, sized } from './judge.ts'
import { openLab, type Lab } from './lab.ts'
import { createRandom } from './random.ts'
import { openWatch, progressOf, type Watch } from './watch.ts'
import { startWorkload, type Workload } from './workload.ts'

/* P8: told to stop. P9: asleep, and awake too late. And dead at every point of a commit outside of the lake. */

/** Twice as long a sleep costs a member its place in the group. */
const sessionTimeoutMs = isFull ? 10_000 : 6_000
const services = ['collector', 'enricher', 'batch-loader', 'realtime-loader']

describe('a process under load', () => {
  let lab: Lab
  let watch: Watch
  let load: Workload
  /** How each process has ended, by its pid. */
  const exits = new Map<number, string>()
  const slowest: Record<string, { readonly stop: number; readonly takeover: number }> = {}
  const random = createRandom(8)

  before(async () => {
    lab = await openLab({
      replicas: Object.fromEntries(services.map((service) => [service, 2])),
      sessionTimeoutMs,
      onChange: ({ planned, state, note, pid }) =>
        state === 'not ready' && note.startsWith('exit') && exits.set(pid, `${planned.id} ${note}`)
    })
    watch = await openWatch(lab.platform)
    load = startWorkload(lab, { seed: 8, eventsPerSecond: sized(30, 60) })
    await waitFor('everything flows', async () => (progressOf(await watch.look('lake'), 'batch-loader') ?? 0) > 30, {
      timeoutMs: 60_000
    })
  })
  after(async () => {
    await load?.[Symbol.asyncDispose]()
    await watch?.[Symbol.asyncDispose]()
    await lab?.[Symbol.asyncDispose]()
  })

  // One service after the other where times are taken strictly; all at once where time is short.
  for (const together of isFull ? services.map((service) => [service]) : [services]) {
    it(`ends with 0 within 10 s of a SIGTERM, and others go on: ${together.join(', ')} (P8)`, async () => {
      for (let round = 0; round < sized(3, 50); round += 1)
        await Promise.all(together.map((service) => terminate(service, round % 2)))
      for (const service of together) console.log(`# P8 ${service}: ${JSON.stringify(slowest[service])} (slowest, ms)`)
    })
  }

  it('that sleeps through its session and wakes up writes nothing twice; others go on meanwhile (P9)', async () => {
    for (let round = 0; round < sized(3, 30); round += 1) {
      const sleepers = ['enricher', 'batch-loader', 'realtime-loader'].map((service) => lab.process(service, round % 2))
      const pids = sleepers.map(({ pid }) => pid)
      for (const one of sleepers) await one.kill('SIGSTOP')
      const before = await progressOnce('enricher')
      await sleep(2 * sessionTimeoutMs)
      const after = await progressOnce('enricher')
      for (const [i, one] of sleepers.entries()) if (one.pid === pids[i]) await one.kill('SIGCONT')
      const progress = after - before
      console.log(`# P9: ${progress} records of progress while they slept`)
      assert.ok(progress >= 100, `only ${progress} records`)
      await lab.ready(120_000)
      await sleep(3_000)
    }
  })

  it('may die at any point of a commit: collector, enricher, realtime-loader', async () => {
    const chains = ['collector', 'enricher', 'realtime-loader'].map(async (service) => {
      for (const [index, point] of (pointsOf[service] ?? []).entries())
        for (let round = 0; round < sized(2, 10); round += 1) {
          const died = await lab.crashAt(point, 1 + random.int(3), service, (index + round) % 2, 120_000)
          assert.ok(died, `${service} died at ${point}`)
        }
    })
    await Promise.all(chains)
  })

  it('loses and doubles nothing by any of this', async () => {
    const report = await assertExact(lab, [load])
    console.log(`# ${JSON.stringify(report.ledger)} ${JSON.stringify(report.dlq)}`)
  })

  async function progress(service: string): Promise<number | null> {
    return progressOf(await watch.look('end', 'lake', 'redis'), service)
  }

  /** What is asked may be too busy to answer at the first time. */
  async function progressOnce(service: string): Promise<number> {
    const known = async (): Promise<{ readonly progress: number } | false> => {
      const found = await progress(service)
      return found !== null && { progress: found }
    }
    return (await waitFor(`a look at what ${service} has done`, known, { timeoutMs: 60_000 })).progress
  }

  /** Tells one of two to end, and waits for the other one to go on, and for the first to be back. */
  async function terminate(service: string, replica: number): Promise<void> {
    const one = lab.process(service, replica)
    const { pid } = one
    const began = performance.now()
    await one.kill('SIGTERM')
    await waitFor('its end', async () => exits.has(pid), { timeoutMs: 60_000, intervalMs: 10 })
    const stop = Math.round(performance.now() - began)
    assert.equal(exits.get(pid), `${one.planned.id} exit 0`)
    assert.ok(stop <= 10_000 * (isFull ? 1 : 2), `it took ${stop} ms`)
    const before = await progressOnce(service)
    const from = performance.now()
    const goOn = { timeoutMs: 3_000 * 5, intervalMs: 50 }
    await waitFor(`others go on than ${one.planned.id}`, async () => ((await progress(service)) ?? 0) > before, goOn)
    const takeover = Math.round(performance.now() - from)
    const { stop: longest = 0, takeover: latest = 0 } = slowest[service] ?? {}
    slowest[service] = { stop: Math.max(stop, longest), takeover: Math.max(takeover, latest) }
    await waitFor('it is back', async () => one.pid !== pid && one.state === 'ready', { timeoutMs: 120_000 })
  }
})
