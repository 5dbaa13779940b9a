import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import { waitFor } from '@sluice/testkit'
import { eventsOfKey } from './events.ts'
import { assertExact, sized } from './judge.ts'
import { openLab, type Lab } from './lab.ts'
import { openPublisher, type Answer, type Publisher } from './publish.ts'
import { createRandom } from './random.ts'
import { openRedis, type RedisClient } from './redis.ts'
import { mountProblem, putOnSmallDisk, type SmallDisk } from './small-disk.ts'
import { openWatch, progressOf, type Watch } from './watch.ts'
import { startWorkload, type Workload } from './workload.ts'

/* P17: full disks stop writing, not truth. */

/** How long S3 gets to write again by itself, before it is started again as docs/recovery.md says. */
const byItselfMs = 10_000

const probe = mkdtempSync(join(tmpdir(), 'sluice-mount-'))
const problem = mountProblem(probe)
rmSync(probe, { recursive: true, force: true })

describe('a full disk', { skip: problem ?? false }, () => {
  let lab: Lab
  let watch: Watch
  let load: Workload
  let redis: RedisClient
  let publisher: Publisher
  const stranger = eventsOfKey(980, createRandom(17))
  const disks = new Map<string, SmallDisk>()
  const fullMs = sized(5, 60) * 1_000

  before(async () => {
    lab = await openLab()
    for (const service of ['kafka', 's3']) {
      const one = lab.process(service)
      await one.stop()
      disks.set(service, putOnSmallDisk(join(lab.platform.dataDir, 'volumes', service), 200))
      await one.start()
      await one.ready()
    }
    watch = await openWatch(lab.platform)
    const { url, password } = lab.platform.credentials().redis
    redis = openRedis(Number(new URL(url).port), password)
    publisher = openPublisher({
      restPorts: lab.links.rest.map(({ port }) => port),
      grpcPorts: lab.links.grpc.map(({ port }) => port),
      apiKey: lab.platform.credentials().apiKeys['demo'] ?? ''
    })
    load = startWorkload(lab, { seed: 17, eventsPerSecond: 30 })
    await moves('batch-loader')
  })
  after(async () => {
    publisher?.[Symbol.dispose]()
    await load?.[Symbol.asyncDispose]()
    await watch?.[Symbol.asyncDispose]()
    for (const service of disks.keys()) await lab.process(service).stop()
    for (const disk of disks.values()) disk[Symbol.dispose]()
    await lab?.[Symbol.asyncDispose]()
  })

  it('of Redis holds up the views alone, until there is room again', async () => {
    const used = Number(
      (await redis('INFO', 'memory')).map((line) => /^used_memory:(\d+)/.exec(line)?.[1]).find(Boolean)
    )
    await redis('CONFIG', 'SET', 'maxmemory', String(used))
    await waits('realtime-loader')
    await moves('batch-loader')
    await redis('CONFIG', 'SET', 'maxmemory', '0')
    await moves('realtime-loader')
  })

  it('of S3 holds up the lake alone, until there is room again', async () => {
    disks.get('s3')?.fill()
    await waits('batch-loader')
    await sleep(fullMs)
    await moves('realtime-loader')
    assert.notEqual(lab.process('batch-loader').state, 'ready')
    disks.get('s3')?.free()
    const alone = await moves('batch-loader', byItselfMs).catch(() => 'no')
    console.log(`# S3 writes again by itself: ${alone}`)
    if (alone === 'no') await lab.killAndWait('s3')
    await moves('batch-loader')
  })

  it('of the broker is 503 to every client, until there is room again', async () => {
    disks.get('kafka')?.fill()
    await waits('collector')
    const broker = lab.process('kafka')
    await waitFor('the broker ends', async () => broker.restarts > 0, { timeoutMs: 120_000 })
    const answered = load.ledger.answered()
    const until = performance.now() + fullMs
    const told: Answer[] = []
    do {
      told.push(...(await publisher.rest(0, [stranger.next('valid').event])))
      await sleep(200)
    } while (performance.now() < until)
    assert.deepEqual([...new Set(told.map(({ status }) => status))], [503])
    assert.ok(
      told.every(({ retryAfter }) => Number(retryAfter) > 0),
      'Retry-After'
    )
    assert.equal(load.ledger.answered(), answered, 'nothing is answered as durable')
    disks.get('kafka')?.free()
    await waitFor('202', async () => load.ledger.answered() > answered + 20, { timeoutMs: 120_000 })
    await moves('batch-loader')
  })

  it('has cost nothing that was answered as durable', async () => {
    await load.stop()
    const report = await assertExact(lab, [load])
    console.log(`# ${JSON.stringify(report.ledger)}`)
  })

  /** Not ready, with a reason, for a while. */
  async function waits(service: string): Promise<void> {
    const one = lab.process(service)
    await waitFor(`${service} says that it waits`, async () => one.state === 'not ready' && /\w/.test(one.note), {
      timeoutMs: 60_000
    })
    console.log(`# ${service}: ${one.note.slice(0, 160)}`)
  }

  async function moves(service: string, timeoutMs = 120_000): Promise<'yes'> {
    const now = async (): Promise<number> => progressOf(await watch.look('end', 'lake', 'redis'), service) ?? 0
    const before = await now()
    await waitFor(`${service} moves`, async () => (await now()) > before, { timeoutMs })
    return 'yes'
  }
})
