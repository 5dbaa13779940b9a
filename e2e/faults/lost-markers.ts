import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '@sluice/testkit'
import { observe, type Report } from '../ask-oracle.ts'
import { openLab, type Lab } from './lab.ts'
import { readMetric } from './metrics.ts'
import { createRandom } from './random.ts'
import { openWatch, progressOf, type Watch } from './watch.ts'
import { startWorkload } from './workload.ts'

export interface LostMarkersReport {
  /** `invalid`: no marker was lost, so nothing is shown. */
  readonly verdict: 'pass' | 'fail' | 'invalid'
  /**
   * What the broker wrote when it was about to take a transaction of the enricher for ended without its markers. Not
   * each of them comes to that: the coordinator may change at this moment and send them after all.
   */
  readonly skipped: readonly string[]
  readonly kills: number
  /** Copies that the loaders dropped: that there are any shows that a marker was lost. */
  readonly dropped: Readonly<Record<string, number>>
  /** With the copies in the outputs set aside. */
  readonly oracle: Report
}

export interface LostMarkersOptions {
  /** At most. */
  readonly kills: number
  readonly seed: number
  readonly say: (line: string) => void
}

const settleMs = 180_000
const loaders = ['batch-loader', 'realtime-loader']

/** Kafka's own defaults: the longer a dead broker counts as there, the more often its markers go nowhere. */
const broker = { KAFKA_BROKER_SESSION_TIMEOUT_MS: '9000', KAFKA_BROKER_HEARTBEAT_INTERVAL_MS: '2000' }

/**
 * Kills the broker under load, again and again, and has the oracle judge what came of it. For a broker that loses
 * commit markers when it is killed: what it had acknowledged comes a second time, and nobody downstream may take it.
 * Ends with the first kill that has shown it.
 */
export async function loseMarkers({ kills, seed, say }: LostMarkersOptions): Promise<LostMarkersReport> {
  const random = createRandom(seed)
  await using lab = await openLab({ env: { kafka: broker } })
  await using watch = await openWatch(lab.platform)
  await using load = startWorkload(lab, { seed, eventsPerSecond: 150, keys: 120 })
  let kill = 0
  for (let copies = 0; kill < kills && copies === 0;) {
    await untilAtWork(watch)
    await sleep(random.int(2_000))
    await lab.killAndWait('kafka')
    await untilAtWork(watch)
    kill += 1
    copies = Object.values(await droppedBy(lab)).reduce((a, b) => a + b, 0)
    say(`kill ${kill}: markers skipped ${linesOf(lab).length} times, ${copies} copies dropped`)
  }
  await lab.ready()
  await load.stop(120_000)
  const ledger = join(lab.platform.dataDir, 'ledger.jsonl')
  load.ledger.save(ledger)
  const oracle = await settle(lab, ledger, say)
  const verdict = oracle.problemCount > 0 ? 'fail' : oracle.doubled === 0 ? 'invalid' : 'pass'
  return { verdict, skipped: linesOf(lab), kills: kill, dropped: await droppedBy(lab), oracle }
}

async function droppedBy(lab: Lab): Promise<Record<string, number>> {
  const dropped: Record<string, number> = {}
  for (const service of loaders)
    dropped[service] = (await readMetric(lab.process(service), 'sluice_doubled_total')) ?? 0
  return dropped
}

/** Three steps of the enricher: it has gone on, and commits are under way. */
async function untilAtWork(watch: Watch): Promise<void> {
  let last: number | null = null
  let steps = 0
  const works = async (): Promise<boolean> => {
    const now = progressOf(await watch.look('end'), 'enricher')
    if (now !== null && last !== null && now > last) steps += 1
    last = now
    return steps >= 3
  }
  await waitFor('the enricher works', works, { timeoutMs: 180_000, intervalMs: 500 })
}

function linesOf(lab: Lab): readonly string[] {
  const lines = readFileSync(join(lab.platform.logDir, 'kafka.log'), 'utf8').split('\n')
  return lines.filter((line) => /to send transaction markers for .*enricher/.test(line) && /can be skipped/.test(line))
}

async function settle(lab: Lab, ledger: string, say: (line: string) => void): Promise<Report> {
  const until = performance.now() + settleMs
  for (;;) {
    const report = await observe(lab.platform, { ledger, mayDouble: true })
    if (report.problemCount === 0 || performance.now() > until) return report
    say(`${report.problemCount} things are not as they must be yet: ${report.problems[0]}`)
    await sleep(3_000)
  }
}
