import assert from 'node:assert/strict'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import { waitFor } from '@sluice/testkit'
import { assertExact, sized } from './judge.ts'
import { openLab, type Lab } from './lab.ts'
import { openRedis, type RedisClient } from './redis.ts'
import { sampleCounters, type CounterSampler } from './sample-counters.ts'
import { openWatch, progressOf, type Watch } from './watch.ts'
import { startWorkload, type Workload } from './workload.ts'

/* P11: Redis may forget anything. */

describe('the views in Redis', () => {
  let lab: Lab
  let watch: Watch
  let load: Workload
  let redis: RedisClient
  let sampler: CounterSampler
  /** Where it keeps what it knows. */
  let files: string
  const times = sized(3, 30)

  before(async () => {
    lab = await openLab({ replicas: { 'realtime-loader': 2 } })
    watch = await openWatch(lab.platform)
    const { url, password } = lab.platform.credentials().redis
    redis = openRedis(Number(new URL(url).port), password)
    files = join((await redis('CONFIG', 'GET', 'dir'))[1] ?? '', 'appendonlydir')
    load = startWorkload(lab, { seed: 11, eventsPerSecond: sized(40, 80) })
    await waitForViews()
    sampler = await sampleCounters(lab.platform)
  })
  after(async () => {
    await sampler?.[Symbol.asyncDispose]()
    await load?.[Symbol.asyncDispose]()
    await watch?.[Symbol.asyncDispose]()
    await lab?.[Symbol.asyncDispose]()
  })

  it('come back after a FLUSHALL, under load', async () => {
    for (let i = 0; i < times; i += 1) {
      await redis('FLUSHALL')
      await waitForViews()
    }
  })

  it('come back after Redis was killed and has lost its files', async () => {
    for (let i = 0; i < times; i += 1) {
      await whileDown(() => rmSync(files, { recursive: true }))
      await waitForViews()
    }
  })

  it('come back after Redis was killed and an old state of it was restored', async () => {
    const old = join(lab.platform.dataDir, 'old')
    for (let i = 0; i < times; i += 1) {
      rmSync(old, { recursive: true, force: true })
      await whileDown(() => cpSync(files, old, { recursive: true }))
      await waitForViews()
      const before = await position()
      await waitFor('the views have moved on', async () => (await position()) > before + 200, { timeoutMs: 60_000 })
      await whileDown(() => {
        rmSync(files, { recursive: true })
        cpSync(old, files, { recursive: true })
      })
      await waitForViews()
    }
  })

  it('have counted nothing beyond the log at any moment of this', async () => {
    const samples = await sampler.stop()
    console.log(`# counters: ${JSON.stringify({ ...samples, beyond: samples.beyond.length })}`)
    assert.deepEqual(samples.beyond, [])
    assert.ok(samples.behind >= times * 3, `${samples.behind} samples of counters on their way`)
  })

  it('equal the fold of the log in the end', async () => {
    const report = await assertExact(lab, [load])
    console.log(`# ${JSON.stringify(report.ledger)}`)
  })

  async function whileDown(work: () => void): Promise<void> {
    const one = lab.process('redis')
    await one.kill('SIGKILL')
    await one.stop()
    work()
    await one.start()
    await one.ready()
  }

  async function position(): Promise<number> {
    return progressOf(await watch.look('redis'), 'realtime-loader') ?? 0
  }

  /** As far as the log was when it was asked. */
  async function waitForViews(): Promise<void> {
    await sleep(300)
    const { end } = await watch.look('end')
    const wanted = (end?.['events.enriched'] ?? []).reduce((a, b) => a + b, 0)
    await waitFor('the views have caught up', async () => (await position()) >= wanted - 12, { timeoutMs: 120_000 })
  }
})
