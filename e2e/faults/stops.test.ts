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

const services = ['collector', 'enricher', 'batch-loader', 'realtime-loader']

describe('a process under load', () => {
  let lab: Lab
  let watch: Watch
  let load: Workload
  const exits: string[] = []
  const random = createRandom(8)

  before(async () => {
    lab = await openLab({
      replicas: Object.fromEntries(services.map((service) => [service, 2])),
      onChange: ({ planned, state, note }) =>
        state === 'not ready' && note.startsWith('exit') && exits.push(`${planned.id} ${note}`)
    })
    watch = await openWatch(lab.platform)
    load = startWorkload(lab, { seed: 8, eventsPerSecond: 60 })
    await waitFor('everything flows', async () => (progressOf(await watch.look('lake'), 'batch-loader') ?? 0) > 30, {
      timeoutMs: 60_000
    })
  })
  after(async () => {
    await load?.[Symbol.asyncDispose]()
    await watch?.[Symbol.asyncDispose]()
    await lab?.[Symbol.asyncDispose]()
  })

  for (const service of services) {
    it(`ends with 0 within 10 s of a SIGTERM, and others go on: ${service} (P8)`, async () => {
      const slowest = { stop: 0, takeover: 0 }
      for (let i = 0; i < sized(3, 50); i += 1) {
        const one = lab.process(service, i % 2)
        const { pid } = one
        exits.length = 0
        const began = performance.now()
        await one.kill('SIGTERM')
        await waitFor('its end', async () => exits.length > 0, { timeoutMs: 60_000, intervalMs: 10 })
        const stopMs = performance.now() - began
        assert.deepEqual(exits, [`${one.planned.id} exit 0`])
        assert.ok(stopMs <= 10_000 * (isFull ? 1 : 2), `it took ${stopMs} ms`)
        const before = progressOf(await watch.look('end', 'lake', 'redis'), service) ?? 0
        const from = performance.now()
        await waitFor(
          'others go on',
          async () => (progressOf(await watch.look('end', 'lake', 'redis'), service) ?? 0) > before,
          {
            timeoutMs: 3_000 * 5,
            intervalMs: 50
          }
        )
        slowest.stop = Math.max(slowest.stop, Math.round(stopMs))
        slowest.takeover = Math.max(slowest.takeover, Math.round(performance.now() - from))
        await waitFor('it is back', async () => one.pid !== pid && one.state === 'ready', { timeoutMs: 120_000 })
      }
      console.log(`# P8 ${service}: slowest stop ${slowest.stop} ms, others went on after ${slowest.takeover} ms`)
    })
  }

  it('that sleeps through its session and wakes up writes nothing twice; others go on meanwhile (P9)', async () => {
    for (let round = 0; round < sized(3, 30); round += 1) {
      const sleepers = ['enricher', 'batch-loader', 'realtime-loader'].map((service) => lab.process(service, round % 2))
      const pids = sleepers.map(({ pid }) => pid)
      for (const one of sleepers) await one.kill('SIGSTOP')
      const before = await watch.look('end', 'lake', 'redis')
      await sleep(20_000)
      const after = await watch.look('end', 'lake', 'redis')
      for (const [i, one] of sleepers.entries()) if (one.pid === pids[i]) await one.kill('SIGCONT')
      const progress = (progressOf(after, 'enricher') ?? 0) - (progressOf(before, 'enricher') ?? 0)
      console.log(`# P9: ${progress} records of progress while they slept`)
      assert.ok(progress >= 100, `only ${progress} records`)
      await lab.ready(120_000)
      await sleep(3_000)
    }
  })

  for (const service of ['collector', 'enricher', 'realtime-loader']) {
    for (const point of pointsOf[service] ?? []) {
      it(`may die at ${point}: ${service}`, async () => {
        for (let round = 0; round < sized(3, 10); round += 1)
          assert.ok(await lab.crashAt(point, 1 + random.int(4), service, round % 2), `it died at ${point}`)
      })
    }
  }

  it('loses and doubles nothing by any of this', async () => {
    const report = await assertExact(lab, [load])
    console.log(`# ${JSON.stringify(report.ledger)} ${JSON.stringify(report.dlq)}`)
  })
})
