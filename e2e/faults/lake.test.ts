import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import type { CrashPoint } from '@sluice/events'
import type { SweptLake } from '@sluice/lake'
import { readDelta, waitFor } from '@sluice/testkit'
import { pointsOf } from './faults.ts'
import { assertExact, sized } from './judge.ts'
import { openLab, type Lab } from './lab.ts'
import { createRandom } from './random.ts'
import { sweepQuiet } from './sweep.ts'
import { openWatch, progressOf, type Watch } from './watch.ts'
import { startWorkload, type Workload } from './workload.ts'

/* P10: no torn or double commit. P12: a replay gives the same result. */

/** Where the two loaders die at the same time. */
const pairs = [
  ['data-unsaved', 'data-saved'],
  ['commit-unsaved', 'commit-saved']
] as const
assert.deepEqual(pairs.flat(), pointsOf['batch-loader'], 'every point of a commit')

describe('the lake', () => {
  let lab: Lab
  let watch: Watch
  const loads: Workload[] = []
  const random = createRandom(10)

  before(async () => {
    lab = await openLab({ replicas: { 'batch-loader': 2 } })
    watch = await openWatch(lab.platform)
  })
  after(async () => {
    for (const load of loads) await load[Symbol.asyncDispose]()
    await watch?.[Symbol.asyncDispose]()
    await lab?.[Symbol.asyncDispose]()
  })

  for (const points of pairs) {
    it(`is whole after loaders have died at ${points.join(' and ')}, also when nothing comes after them`, async () => {
      const load = newLoad()
      await Promise.all(points.map((point, replica) => dieAt(point, replica)))
      await load.stop()
      await assertExact(lab, loads)
    })
  }

  it('is whole after loaders were killed at any moment, which both read every partition', async () => {
    const load = newLoad()
    const metBefore = rivalsMet()
    for (let kill = 0; kill < sized(20, 200); kill += 1) {
      const before = await committed()
      // A group of its own for each life: whoever comes back is at once the rival of the other at every position.
      Object.assign(lab.env['batch-loader'] ?? {}, { GROUP_ID: `rival-${kill}` })
      await lab.killAndWait('batch-loader', random.int(2))
      await sleep(random.int(1_000))
      // Where nothing is committed, nothing is tested.
      await waitFor('a commit', async () => (await committed()) > before, { timeoutMs: 60_000 })
    }
    await load.stop()
    const report = await assertExact(lab, loads)
    console.log(`# ${JSON.stringify(report.ledger)} ${JSON.stringify(report.rows)}`)
    const met = rivalsMet() - metBefore
    console.log(`# a rival was met at one position ${met} times`)
    assert.ok(met > 0, 'two loaders have met at one position')
  })

  it('keeps what the dead have left until a sweep, and nobody reads that: the lake is the same before and after', async () => {
    const left = orphansOf(await sweepQuiet(lab, { isDryRun: true }))
    console.log(`# ${left.length} files that no table names`)
    assert.ok(left.length > 0, 'whoever dies at data-saved leaves a file')
    const swept = await sweepQuiet(lab, { isDryRun: false })
    assert.ok(left.every((path) => orphansOf(swept).includes(path)))
    // The rival that came second may have stored one more meanwhile; it discards it.
    const isClean = async () => orphansOf(await sweepQuiet(lab, { isDryRun: false })).length === 0
    await waitFor('a lake without orphans', isClean, { timeoutMs: 60_000 })
    const { rows } = await assertExact(lab, loads)
    for (const [table, count] of Object.entries(rows)) {
      const read = await readDelta('duckdb', lab.platform.credentials().s3, `bronze/${table}`)
      assert.equal(read.rows.length, count, `rows of ${table} by DuckDB`)
    }
  })

  it('is the same when it is rebuilt from the log in a new folder, and so are the views in a new database (P12)', async () => {
    const load = newLoad()
    await waitFor('some events', () => load.ledger.answered() >= 100, { timeoutMs: 60_000 })
    await load.stop()
    const first = await assertExact(lab, loads)
    for (const replica of [0, 1]) await lab.process('batch-loader', replica).stop()
    await lab.process('realtime-loader').stop()
    Object.assign(lab.env['batch-loader'] ?? {}, { LAKE_PREFIX: 'rebuilt', GROUP_ID: 'rebuilt-lake' })
    Object.assign(lab.env['realtime-loader'] ?? {}, {
      REDIS_URL: `redis://127.0.0.1:${lab.links.redis.port}/1`,
      GROUP_ID: 'rebuilt-views'
    })
    for (const one of [lab.process('batch-loader'), lab.process('realtime-loader')]) {
      await one.start()
      await one.ready()
    }
    const rebuilt = await assertExact(lab, loads, { prefix: 'rebuilt', database: 1 })
    assert.deepEqual(rebuilt.rows, first.rows)
  })

  /** So often a loader has found that another one had loaded what it was about to commit. */
  function rivalsMet(): number {
    return lab
      .replicasOf('batch-loader')
      .map(({ planned }) => readFileSync(join(lab.platform.logDir, `${planned.id}.log`), 'utf8'))
      .reduce((sum, log) => sum + log.split('another loader has moved').length - 1, 0)
  }

  async function dieAt(point: CrashPoint, replica: number): Promise<void> {
    for (let round = 0; round < sized(3, 10); round += 1) {
      const died = await lab.crashAt(point, 1 + random.int(4), 'batch-loader', replica, 120_000)
      assert.ok(died, `a loader died at ${point}`)
    }
  }

  function newLoad(): Workload {
    const load = startWorkload(lab, {
      seed: loads.length,
      eventsPerSecond: sized(30, 60),
      keys: 24,
      firstKey: loads.length * 24
    })
    loads.push(load)
    return load
  }

  async function committed(): Promise<number> {
    return progressOf(await watch.look('lake'), 'batch-loader') ?? 0
  }
})

/** Paths of files that no table names. */
function orphansOf({ tables }: SweptLake): readonly string[] {
  assert.deepEqual(
    tables.filter(({ problem }) => problem !== null),
    []
  )
  return tables.flatMap(({ table, deleted }) => deleted.map(({ path }) => `${table}/${path}`))
}
