import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { pythonTools, waitFor } from '@sluice/testkit'
import { observe } from '../ask-oracle.ts'
import { acceptGaps, countOf } from './accept-gaps.ts'
import { eventsOfKey, type KeyEvents } from './events.ts'
import { assertExact } from './judge.ts'
import { openLab, type Lab } from './lab.ts'
import { createLedger, type Entry } from './ledger.ts'
import { readLag, readMetric } from './metrics.ts'
import { openPublisher, type Publisher } from './publish.ts'
import { createRandom } from './random.ts'

/* P13: a loss by retention is refused, accepted by name, and written down. */

describe('records that were deleted unread', () => {
  let lab: Lab
  let publisher: Publisher
  const ledger = createLedger(Date.now)
  const keys: KeyEvents[] = Array.from({ length: 12 }, (_, i) => eventsOfKey(300 + i, createRandom(i)))
  const fixed = { ledger, stop: async () => undefined, async [Symbol.asyncDispose]() {} }

  before(async () => {
    lab = await openLab()
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

  it('by the enricher: refused, then passed by under their names, and the account is whole again', async () => {
    await send(60)
    await judge()
    const enricher = lab.process('enricher')
    await enricher.stop()
    const lost = await send(48)
    await deleteRecords('events.raw')
    await send(24)
    await enricher.start()
    const gaps = await acceptGaps(lab, enricher)
    assert.equal(gaps.size, new Set(lost.map(({ places }) => places[0]?.[0])).size, 'a gap for each partition')
    assert.equal(
      [...gaps].reduce((sum, gap) => sum + countOf(gap), 0),
      48
    )
    const report = await judge()
    assert.equal(report.dlq['gap'], gaps.size)
    assert.equal(report.rows['dead_letters'], gaps.size, 'nothing else became a dead letter')
    const left = await readMetric(enricher, 'sluice_seconds_to_loss', 'partition="0"')
    assert.ok(left !== null && left > 6 * 86_400 && left <= 7 * 86_400, `${left} s to the loss of a new record`)
  })

  it('by the loaders, while they run: the same', async () => {
    const loaders = ['batch-loader', 'realtime-loader'].map((service) => lab.process(service))
    const before = (await observe(lab.platform)).rows
    // Asleep, so that they find out by their next fetch and not at their start.
    for (const { pid } of loaders) process.kill(pid, 'SIGSTOP')
    await send(48)
    await waitFor('the enricher', async () => (await readLag(lab.process('enricher'))) === 0, {
      timeoutMs: 60_000
    })
    await deleteRecords('events.enriched')
    for (const { pid } of loaders) process.kill(pid, 'SIGCONT')
    for (const one of loaders)
      await waitFor(`${one.planned.id} refuses`, async () => one.state === 'refused', { timeoutMs: 90_000 })
    const found = new Map<string, Set<string>>()
    for (const one of loaders) {
      await one.start()
      found.set(one.planned.service.name, await acceptGaps(lab, one))
    }
    await send(36)
    const gaps = [...found.values()].reduce((sum, { size }) => sum + size, 0)
    // What lay in a loader's socket when it fell asleep has landed as well: at least so many rows, and none of them wrong.
    let report = await observe(lab.platform)
    const goesOn = async (): Promise<boolean> => {
      report = await observe(lab.platform)
      return report.problemCount === 0 && sum(report.rows) >= sum(before) + 36 + gaps
    }
    await waitFor('the lake goes on', goesOn, { timeoutMs: 120_000, intervalMs: 1_000 }).catch((error: unknown) => {
      assert.deepEqual(report.problems, [], 'what the oracle finds')
      throw error
    })
    assert.equal(report.dlq['gap'], gaps + (before['dead_letters'] ?? 0))
  })

  function judge() {
    return assertExact(lab, [fixed])
  }

  async function send(count: number): Promise<readonly Entry[]> {
    const entries: Entry[] = []
    for (let i = 0; i < count; i += 1) {
      const { event, key, n } = keys[i % keys.length]!.next('valid')
      const entry = ledger.open({ id: event.id, key, n, fate: 'valid', via: 'rest' })
      await waitFor(
        '202',
        async () => {
          entry.attempts += 1
          const [answer] = await publisher.rest(0, [event])
          if (answer?.status !== 202 || answer.place === null) return false
          entry.answered += 1
          entry.places.push(answer.place)
          return true
        },
        { timeoutMs: 60_000 }
      )
      entries.push(entry)
    }
    return entries
  }

  async function deleteRecords(topic: string): Promise<void> {
    const { python } = await pythonTools()
    const script = join(import.meta.dirname, 'delete_records.py')
    await promisify(execFile)(python, [script, lab.platform.address('kafka', 19092), topic])
  }
})

function sum(rows: Readonly<Record<string, number>>): number {
  return Object.values(rows).reduce((a, b) => a + b, 0)
}
