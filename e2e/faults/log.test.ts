import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import type { Supervised } from '@sluice/cli'
import type { CrashPoint } from '@sluice/events'
import { pythonTools, waitFor } from '@sluice/testkit'
import { eventsOfKey } from './events.ts'
import { observe } from '../ask-oracle.ts'
import { assertExact } from './judge.ts'
import { openLab, type Lab } from './lab.ts'
import { createLedger } from './ledger.ts'
import { openPublisher, type Publisher } from './publish.ts'
import { createRandom } from './random.ts'
import { sampleCounters } from './sample-counters.ts'
import { startWorkload } from './workload.ts'

/* P13, P16, P18, and a log that is not the one that was known. */

const watchdogMs = 12_000

describe('the log and its readers', () => {
  let lab: Lab
  let publisher: Publisher
  const ledger = createLedger(Date.now)
  const began = Date.now()
  let bursts = 0

  before(async () => {
    const impatient = { WATCHDOG_MS: String(watchdogMs) }
    lab = await openLab({ env: { enricher: impatient, 'batch-loader': impatient, 'realtime-loader': impatient } })
    publisher = openPublisher({
      restPorts: lab.links.rest.map(({ port }) => port),
      grpcPorts: lab.links.grpc.map(({ port }) => port),
      apiKey: lab.platform.credentials().apiKeys['demo'] ?? ''
    })
  })
  after(async () => {
    publisher?.[Symbol.dispose]()
    await lab?.[Symbol.asyncDispose]()
  })

  it('take wrong clocks for what they are: the contract decides, the broker dates (P16)', async () => {
    const events = eventsOfKey(960, createRandom(16))
    const times = {
      '2003-09-01T12:00:00Z': 'clock_skew',
      '2013-09-01T11:00:00Z': 'valid',
      '2013-09-01T13:00:00Z': 'valid',
      '2023-09-01T12:00:00Z': 'clock_skew'
    } as const
    for (const [time, fate] of Object.entries(times)) {
      const { event, n } = events.next('valid')
      const entry = ledger.open({ id: event.id, key: null, n, fate, via: 'rest' })
      const [answer] = await publisher.rest(0, [{ ...event, time }])
      assert.equal(answer?.status, 202)
      entry.answered += 1
    }
    await writeDated('garbage-of-2003', new Date('2003-09-01T12:00:00Z'))
    const report = await judge()
    const [first = 0, last = 0] = report.rawTimesMs
    assert.ok(first >= began - 60_000 && last <= Date.now(), 'every record has the time of its arrival')
  })

  const hangs = { enricher: 'outputs-sent', 'batch-loader': 'data-saved', 'realtime-loader': 'batch-saved' } as const
  it('do not hang quietly: whoever stands still is ended by its watchdog and started again (P18)', async () => {
    await using load = startWorkload(lab, { seed: 180, eventsPerSecond: 40, keys: 24, firstKey: 200 })
    loads.push(load)
    await Promise.all(Object.entries(hangs).map(([service, point]) => hang(service, point)))
    await load.stop()
    await judge()
  })

  it('refuse to go on where records were deleted before they were read, and say which (P13)', async () => {
    await judge()
    for (const service of ['enricher', 'batch-loader', 'realtime-loader']) await lab.process(service).stop()
    // Unread in the raw topic; those of the enriched one are gaps.test.ts.
    await send(40)
    await deleteRecords('events.raw')
    await lab.process('enricher').start()
    const gap = /events\.raw\/\d.*records are lost, from offset \d+ to \d+.*set ACCEPT_GAP=events\.raw\/\d:\d+-\d+/s
    await assertRefused(lab.process('enricher'), gap)
  })

  it('stay, alive and not ready, with the reason, where they are told to (ON_REFUSED=stay)', async () => {
    const env = lab.env['enricher'] ?? {}
    env['ON_REFUSED'] = 'stay'
    const one = lab.process('enricher')
    await one.start()
    await waitFor('the reason', async () => /records are lost/.test(one.note), { timeoutMs: 60_000 })
    const { pid } = one
    const base = `http://127.0.0.1:${lab.platform.adminPort('enricher')}`
    await sleep(watchdogMs + 3_000)
    assert.equal((await fetch(`${base}/healthz`)).status, 200)
    const ready = await fetch(`${base}/readyz`)
    assert.equal(ready.status, 503)
    assert.match(await ready.text(), /records are lost, from offset/)
    assert.equal(one.pid, pid, 'it is neither ended nor started again, for longer than its watchdog waits')
    delete env['ON_REFUSED']
    await one.stop()
  })

  it('refuse another life of the log until they are told to accept it, then once, and keep what they have', async () => {
    const { rows: before } = await observe(lab.platform)
    const kafka = lab.process('kafka')
    await kafka.stop()
    // All that it ever held; what is left is what formatting makes.
    const data = join(lab.platform.dataDir, 'volumes/kafka/data')
    for (const name of readdirSync(data))
      if (!/^(meta[.]properties|bootstrap[.]checkpoint)$/.test(name)) rmSync(join(data, name), { recursive: true })
    await kafka.start()
    await kafka.ready()
    await lab.process('topics').start()
    await lab.process('topics').ready()
    for (const service of ['collector', 'enricher', 'batch-loader', 'realtime-loader'])
      await lab.process(service).stop()
    for (const service of ['collector', 'enricher']) await lab.process(service).start()
    for (const service of ['collector', 'enricher']) await lab.process(service).ready()
    for (const service of ['batch-loader', 'realtime-loader']) {
      const one = lab.process(service)
      await one.start()
      await assertRefused(one, /incarnation/)
      const env = lab.env[service] ?? {}
      env['ACCEPT_NEW_LOG'] = 'true'
      await one.start()
      await one.ready()
      delete env['ACCEPT_NEW_LOG']
    }
    await send(40)
    const rowsAre = async (more: number): Promise<boolean> =>
      total((await observe(lab.platform)).rows) === total(before) + more
    await waitFor('40 rows beside the old ones', () => rowsAre(40), { timeoutMs: 60_000 })
    for (const service of ['batch-loader', 'realtime-loader']) {
      const one = lab.process(service)
      await one.stop()
      await one.start()
      await one.ready()
    }
    await send(40)
    await waitFor('80 rows beside the old ones', () => rowsAre(80), { timeoutMs: 60_000 })
    await using sampler = await sampleCounters(lab.platform)
    const { isLevel, beyond } = await sampler.stop()
    assert.deepEqual({ isLevel, beyond }, { isLevel: true, beyond: [] }, 'Redis counts the new log and nothing else')
  })

  const loads: ReturnType<typeof startWorkload>[] = []
  const fixed = { ledger, stop: async () => undefined, async [Symbol.asyncDispose]() {} }

  function judge() {
    return assertExact(lab, [...loads, fixed])
  }

  async function hang(service: string, point: CrashPoint): Promise<void> {
    const one = lab.process(service)
    const env = lab.env[service] ?? {}
    env['SLUICE_HANG_AT'] = `${point}:3`
    const first = one.pid
    await one.kill('SIGKILL')
    await waitFor(`${service} starts`, async () => one.pid !== first, { timeoutMs: 30_000, intervalMs: 10 })
    delete env['SLUICE_HANG_AT']
    const second = one.pid
    await waitFor(`the watchdog ends ${service}`, async () => one.pid !== second, { timeoutMs: 90_000 })
    const log = readFileSync(join(lab.platform.logDir, `${one.planned.id}.log`), 'utf8')
    assert.match(log, /"msg":"no tick"/, `${service} was ended by its watchdog`)
    await one.ready()
  }

  async function send(count: number): Promise<void> {
    const events = eventsOfKey(970 + bursts++, createRandom(13))
    const some = Array.from({ length: count }, () => events.next('valid').event)
    await waitFor('202', async () => (await publisher.rest(0, some)).every(({ status }) => status === 202), {
      timeoutMs: 60_000
    })
  }

  /** Straight into the raw topic, with a time of its own: the broker's is what must be found there. */
  async function writeDated(id: string, time: Date): Promise<void> {
    const entry = ledger.open({ id, key: null, n: 0, fate: 'parse', via: 'raw' })
    const [partition, offset] = (await python('date_record.py', 'events.raw', String(time.getTime()), id)).split(' ')
    entry.attempts += 1
    entry.answered += 1
    entry.places.push([Number(partition), Number(offset)])
  }

  async function deleteRecords(topic: string): Promise<void> {
    await python('delete_records.py', topic)
  }

  async function python(script: string, ...args: string[]): Promise<string> {
    const { python: command } = await pythonTools()
    const path = join(import.meta.dirname, script)
    const { stdout } = await promisify(execFile)(command, [path, lab.platform.address('kafka', 19092), ...args])
    return stdout.trim()
  }

  async function assertRefused(one: Supervised, why: RegExp): Promise<void> {
    await waitFor(`${one.planned.id} refuses`, async () => one.state === 'refused', { timeoutMs: 90_000 })
    assert.match(one.note, why)
  }
})

function total(rows: Readonly<Record<string, number>>): number {
  return Object.values(rows).reduce((a, b) => a + b, 0)
}
