import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stateDir, waitFor } from '@sluice/testkit'
import { observe, type Report } from '../ask-oracle.ts'
import { openLab, type Lab } from './lab.ts'
import { createRandom } from './random.ts'
import { runFaults, type FaultReport, type Run } from './run-faults.ts'
import type { Plan } from './schedule.ts'
import { openStalls } from './stalls.ts'
import { openWatch, type Watch } from './watch.ts'
import { whyInvalid } from './why-invalid.ts'
import { startWorkload } from './workload.ts'

export interface TortureReport {
  readonly seed: number
  readonly verdict: 'pass' | 'fail' | 'invalid'
  /** Why it says nothing; empty: it does. */
  readonly invalid: readonly string[]
  readonly faults: readonly FaultReport[]
  readonly effective: number
  /** From the end of the last fault until everything had landed. */
  readonly settledSeconds: number
  /** Of these, until nothing new was sent: a plan's events are sent to the end. */
  readonly loadedSeconds: number
  /** Longest time without any progress, by service, in seconds. */
  readonly stalls: Readonly<Record<string, number>>
  /** Most memory that any process of a service had, in MB. */
  readonly memory: Readonly<Record<string, number>>
  /** Why looks for these two failed; empty: none did. */
  readonly failedLooks: readonly string[]
  readonly oracle: Report
  /** Where logs and ledger of a run that did not pass are kept. */
  readonly kept: string | null
}

export interface TortureDeps {
  readonly say: (line: string) => void
  /** How long everything may take to land after the last fault. Default: five times what P1 says. */
  readonly settleMs?: number
}

/** P1: everything has landed so many seconds after the last fault. */
export const landsWithinSeconds = 180

/** Carries a plan out on a platform of its own and has the oracle judge what came of it. */
export async function torture(
  plan: Plan,
  { say, settleMs = landsWithinSeconds * 5_000 }: TortureDeps
): Promise<TortureReport> {
  const { seed, replicas: n } = plan
  const random = createRandom(seed)
  const replicas = { collector: n, enricher: n, 'batch-loader': n, 'realtime-loader': n }
  await using lab = await openLab({ replicas, sessionTimeoutMs: 10_000 })
  say(`platform is up, logs in ${lab.platform.logDir}`)
  await using watch = await openWatch(lab.platform)
  await using load = startWorkload(lab, { seed, eventsPerSecond: plan.eventsPerSecond })
  using stalls = openStalls(lab, watch)
  const began = performance.now()

  const run = { lab, watch, say, began, random: random.fork() }
  const { faults, endedAt } = await runFaults(plan, run, load)
  const secondsSince = (): number => Math.round((performance.now() - endedAt) / 100) / 10
  await lab.ready(180_000)
  // What is missing then makes the run invalid.
  await waitFor('enough answers', () => load.ledger.answered() >= plan.events, {
    timeoutMs: 600_000,
    intervalMs: 500
  }).catch((error: unknown) => say(String(error)))
  await load.stop(120_000)
  const seen = stalls.result()
  const loadedSeconds = secondsSince()
  say(
    `no more faults, ${load.ledger.entries.length} sent, ${load.ledger.answered()} answered; waiting until all has landed`
  )
  const ledger = join(lab.platform.dataDir, 'ledger.jsonl')
  load.ledger.save(ledger)
  // Once nothing new is sent it has as long as P1 says, however long that took.
  const until = Math.max(endedAt + settleMs, performance.now() + landsWithinSeconds * 1000)
  const oracle = await settle(run, ledger, until)
  const settledSeconds = secondsSince()

  const invalid = whyInvalid(plan.least, faults, oracle.ledger, seen.failedLooks)
  const verdict = oracle.problemCount > 0 ? 'fail' : invalid.length > 0 ? 'invalid' : 'pass'
  return {
    seed,
    verdict,
    invalid,
    faults,
    effective: faults.filter((fault) => fault.effective).length,
    settledSeconds,
    loadedSeconds,
    ...seen,
    oracle,
    kept: verdict === 'fail' ? keep(lab, seed) : null
  }
}

/** The oracle's report once everything has landed, or what is still wrong when the time is over. */
async function settle({ lab, watch, say }: Run, ledger: string, until: number): Promise<Report> {
  await untilQuiet(watch, until)
  for (;;) {
    const report = await observe(lab.platform, { ledger })
    if (report.problemCount === 0 || performance.now() > until) return report
    say(`${report.problemCount} things are not as they must be yet: ${report.problems[0]}`)
    await sleep(3_000)
  }
}

async function untilQuiet(watch: Watch, until: number): Promise<void> {
  let last = ''
  for (let quiet = 0; quiet < 3 && performance.now() < until;) {
    await sleep(1_000)
    const now = JSON.stringify(await watch.look('end', 'lake', 'redis'))
    quiet = now === last && !now.includes('null') ? quiet + 1 : 0
    last = now
  }
}

function keep(lab: Lab, seed: number): string {
  const to = join(stateDir, 'torture', `seed-${seed}-${process.pid}`)
  mkdirSync(to, { recursive: true })
  cpSync(lab.platform.logDir, join(to, 'logs'), { recursive: true })
  cpSync(join(lab.platform.dataDir, 'ledger.jsonl'), join(to, 'ledger.jsonl'))
  return to
}
