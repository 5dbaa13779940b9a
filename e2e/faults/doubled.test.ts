import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { pythonTools, waitFor } from '@sluice/testkit'
import { assertExact } from './judge.ts'
import { openLab, type Lab } from './lab.ts'
import { readLag, readMetric } from './metrics.ts'
import { openWatch, progressOf, type Watch } from './watch.ts'
import { startWorkload, type Workload } from './workload.ts'

/* What every later consumer does with records that the outputs hold twice, before and across a restart of its own. */

const outputs = ['events.enriched', 'events.dlq']
const readers: Readonly<Record<string, readonly string[]>> = {
  'batch-loader': outputs,
  'realtime-loader': ['events.enriched']
}

describe('records that an output holds twice', () => {
  let lab: Lab
  let watch: Watch
  const loads: Workload[] = []

  before(async () => {
    lab = await openLab()
    watch = await openWatch(lab.platform)
    await load(0)
  })
  after(async () => {
    for (const one of loads) await one[Symbol.asyncDispose]()
    await watch?.[Symbol.asyncDispose]()
    await lab?.[Symbol.asyncDispose]()
  })

  it('are dropped and counted by loaders that have read the first ones', async () => {
    const doubled = await double()
    for (const service of Object.keys(readers)) await untilCounted(service, doubled)
  })

  it('are dropped and counted by loaders that were started in between', async () => {
    await load(24)
    for (const service of Object.keys(readers)) await lab.process(service).stop()
    const doubled = await double()
    for (const service of Object.keys(readers)) await lab.process(service).start()
    for (const service of Object.keys(readers)) await lab.process(service).ready()
    for (const service of Object.keys(readers)) await untilCounted(service, doubled)
  })

  it('are in no table and no view, and nothing else is missing there', async () => {
    await load(48)
    const report = await assertExact(lab, loads, { mayDouble: true })
    assert.ok(report.doubled > 100, `${report.doubled} copies lay in the topics`)
  })

  /** Some seconds of all sorts of events, all of them landed. */
  async function load(firstKey: number): Promise<void> {
    const one = startWorkload(lab, { seed: 40 + firstKey, eventsPerSecond: 80, keys: 24, firstKey, invalid: 0.2 })
    loads.push(one)
    const before = progressOf(await watch.look('end'), 'enricher') ?? 0
    const flows = async (): Promise<boolean> => (progressOf(await watch.look('end'), 'enricher') ?? 0) > before + 300
    await waitFor('events flow', flows, { timeoutMs: 60_000 })
    await one.stop()
    for (const service of Object.keys(readers)) await untilRead(service)
  }

  async function untilRead(service: string): Promise<void> {
    const hasRead = async (): Promise<boolean> => (await readLag(lab.process(service), readers[service]?.length)) === 0
    await waitFor(`${service} has read all`, hasRead, { timeoutMs: 60_000 })
  }

  /** The last twenty of every partition of both outputs, once more. */
  async function double(): Promise<Readonly<Record<string, number>>> {
    const { python } = await pythonTools()
    const script = join(import.meta.dirname, 'double_records.py')
    const counts: Record<string, number> = {}
    for (const topic of outputs) {
      const args = [script, lab.platform.address('kafka', 19092), topic, '20']
      counts[topic] = Number((await promisify(execFile)(python, args)).stdout)
      assert.ok(counts[topic] > 20, `${counts[topic]} records of ${topic} were doubled`)
    }
    return counts
  }

  async function untilCounted(service: string, doubled: Readonly<Record<string, number>>): Promise<void> {
    for (const topic of readers[service] ?? []) {
      // A batch-loader reads again what its quietest table lacks: it may drop a copy more than once.
      const isCounted = async (): Promise<boolean> =>
        ((await readMetric(lab.process(service), 'sluice_doubled_total', `topic="${topic}"`)) ?? 0) >=
        (doubled[topic] ?? 0)
      await waitFor(`${service} counts ${doubled[topic]} of ${topic}`, isCounted, { timeoutMs: 60_000 })
    }
  }
})
