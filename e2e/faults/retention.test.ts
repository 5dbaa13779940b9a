import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { it } from 'node:test'
import { promisify } from 'node:util'
import { pythonTools, waitFor } from '@sluice/testkit'
import { observe } from '../ask-oracle.ts'
import { acceptGaps, countOf } from './accept-gaps.ts'
import { isFull } from './judge.ts'
import { openLab } from './lab.ts'
import { startWorkload } from './workload.ts'

/* P13 by the broker's own retention; gaps.test.ts deletes by hand, within seconds. */

const retentionMs = 60_000
const stoppedMs = 180_000
const skip = !isFull && 'five minutes of waiting: npm run test:faults -- --full e2e/faults/retention.test.ts'

it(
  'what retention deletes under a stopped enricher is refused, named, accepted, and written down',
  { skip },
  async () => {
    await using lab = await openLab({ env: { kafka: { KAFKA_LOG_RETENTION_CHECK_INTERVAL_MS: '5000' } } })
    const { python } = await pythonTools()
    const script = join(import.meta.dirname, 'retain.py')
    const broker = lab.platform.address('kafka', 19092)
    const retain = (ms: number) => promisify(execFile)(python, [script, broker, 'events.raw', String(ms)])
    await retain(retentionMs)
    await using load = startWorkload(lab, { seed: 130, eventsPerSecond: 20, repeated: 0 })
    const enricher = lab.process('enricher')
    await sleep(20_000)
    await enricher.stop()
    await sleep(stoppedMs)
    await load.stop()
    // As the contract of the topics has it: with any other retention a service refuses for that.
    await retain(7 * 86_400_000)
    await enricher.start()
    await waitFor('a refusal', async () => enricher.state === 'refused', { timeoutMs: 60_000 })
    console.log(`# ${enricher.note}`)
    const gaps = await acceptGaps(lab, enricher)
    const lost = [...gaps].reduce((sum, gap) => sum + countOf(gap), 0)
    console.log(`# ${lost} of ${load.ledger.entries.length} lost, in ${[...gaps].join(', ')}`)
    assert.ok(lost > (20 * (stoppedMs - retentionMs)) / 1_000 / 2, `${lost} lost`)
    let report = await observe(lab.platform)
    const hasLanded = async (): Promise<boolean> => {
      report = await observe(lab.platform)
      return (
        report.problemCount === 0 && report.rows['dead_letters'] === Object.values(report.dlq).reduce((a, b) => a + b)
      )
    }
    await waitFor('what is left has landed', hasLanded, { timeoutMs: 120_000, intervalMs: 2_000 }).catch(
      () => undefined
    )
    assert.deepEqual(report.problems, [])
    assert.equal(report.dlq['gap'], gaps.size)
  }
)
