import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { assertExact } from './judge.ts'
import { openLab, type Lab } from './lab.ts'
import { startWorkload, type Workload } from './workload.ts'

/* What is killed before anything was ever committed. */

describe('the start of things', () => {
  let lab: Lab
  const loads: Workload[] = []

  before(async () => {
    lab = await openLab()
  })
  after(async () => {
    for (const load of loads) await load[Symbol.asyncDispose]()
    await lab?.[Symbol.asyncDispose]()
  })

  it('survives a kill inside the very first transaction', async () => {
    const crash = lab.crashAt('outputs-sent', 1, 'enricher')
    loads.push(startWorkload(lab, { seed: 20, eventsPerSecond: 30, keys: 24 }))
    assert.ok(await crash, 'the enricher died there')
    assert.ok(await lab.crashAt('offsets-sent', 1, 'enricher'), 'and again, one step further')
    await loads[0]?.stop()
    await assertExact(lab, loads)
  })

  it('survives kills between the making of tables and their first rows', async () => {
    Object.assign(lab.env['batch-loader'] ?? {}, { LAKE_PREFIX: 'again', GROUP_ID: 'again' })
    loads.push(startWorkload(lab, { seed: 21, eventsPerSecond: 30, keys: 24, firstKey: 24 }))
    for (const [point, times] of [
      ['commit-saved', 1],
      ['commit-unsaved', 3],
      ['commit-saved', 7],
      ['data-saved', 1]
    ] as const)
      assert.ok(await lab.crashAt(point, times, 'batch-loader'), `the loader died at ${point}`)
    await loads[1]?.stop()
    await assertExact(lab, loads, { prefix: 'again' })
  })
})
