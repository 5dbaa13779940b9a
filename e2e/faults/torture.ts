import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stateDir, waitFor } from '@sluice/testkit'
import { observe, type Report } from '../ask-oracle.ts'
import { inject, isUp, targetOf, type Fault } from './faults.ts'
import { openLab, type Lab } from './lab.ts'
import { readMetric } from './metrics.ts'
import { createRandom } from './random.ts'
import { describeFault, type Plan } from './schedule.ts'
import { openStalls } from './stalls.ts'
import { progressOf, openWatch, type Sight, type Watch } from './watch.ts'
import { whyInvalid } from './why-invalid.ts'
import { startWorkload, type Workload } from './workload.ts'

/** What was seen of one fault of the plan. */
export interface FaultReport {
  readonly atSeconds: number
  readonly kind: Fault['kind']
  readonly fault: string
  readonly pid: number
  /** Records that its target had not read when it came; null: not known. */
  readonly lagBefore: number | null
  /** What the target has committed since the fault before. */
  readonly commitsBefore: number | null
  /** Whether it fell into a commit, or a request to S3 met it; null: that cannot be seen. */
  readonly hit: boolean | null
  /** Whether it met what it was for, at work. */
  readonly effective: boolean
  /** Records that went into raw, enriched and dlq while it lasted. */
  readonly progressDuring: number | null
  readonly seconds: number
}

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

interface Run {
  readonly lab: Lab
  readonly watch: Watch
  readonly say: (line: string) => void
  readonly began: number
  readonly random: ReturnType<typeof createRandom>
}

/** Each at its time, and when what it hits is whole again and at work; those that hit different things overlap. */
async function runFaults(plan: Plan, run: Run, load: Workload) {
  const busy = new Map<string, Promise<unknown>>()
  const reports: Promise<{ readonly report: FaultReport; readonly endedAt: number }>[] = []
  let last: Sight = await run.watch.look('end', 'lake', 'redis')
  for (const { atMs, fault } of plan.faults) {
    await sleep(Math.max(0, run.began + atMs - performance.now()))
    const target = targetOf(fault)
    await busy.get(target)
    const before = await untilAtWork(run, fault, last)
    last = before
    const report = runFault(run, fault, before, load)
    reports.push(report)
    busy.set(target, report)
  }
  const all = await Promise.all(reports)
  return {
    faults: all.map(({ report }) => report),
    endedAt: Math.max(run.began, ...all.map(({ endedAt }) => endedAt))
  }
}

interface Before extends Sight {
  readonly commits: number | null
}

/** Whose work tells whether a fault of the target met anything. */
const workerOf: Readonly<Record<string, string>> = {
  kafka: 'enricher',
  redis: 'realtime-loader',
  s3: 'batch-loader',
  'enrichment-api': 'enricher'
}

/** One outage may have to end first before the next one meets anybody. */
const atWorkWithinMs = 60_000

async function untilAtWork({ watch, lab }: Run, fault: Fault, last: Sight): Promise<Before> {
  const target = targetOf(fault)
  const worker = workerOf[target] ?? target
  const victim = 'replica' in fault && fault.replica !== undefined ? lab.process(fault.service, fault.replica) : null
  const began = performance.now()
  let from = progressOf(last, worker)
  for (;;) {
    const sight = await watch.look('end', 'lake', 'redis')
    const now = progressOf(sight, worker)
    // What the last look did not find counts from this one on.
    from ??= now
    const commits = from === null || now === null ? null : now - from
    const isAtWork = (commits ?? 0) > 0 && (victim === null || isUp(victim))
    if (isAtWork || performance.now() - began > atWorkWithinMs) return { ...sight, commits }
    await sleep(500)
  }
}

async function runFault(run: Run, fault: Fault, before: Before, load: Workload) {
  const { lab, watch, say, began, random } = run
  const target = targetOf(fault)
  const from = performance.now()
  const lagBefore = target === 'collector' ? unanswered(load) : await lagOf(lab, workerOf[target] ?? target)
  const { pid, hit } = await inject(lab, fault, random)
  const endedAt = performance.now()
  // What the dead one left open shows at once, or not at all.
  const isEnricherKill = fault.kind === 'kill' && fault.service === 'enricher'
  const open = isEnricherKill ? await hasOpenTransaction(watch) : null
  const after = await watch.look('end')
  const report: FaultReport = {
    atSeconds: Math.round((from - began) / 1000),
    kind: fault.kind,
    fault: describeFault(fault),
    pid,
    lagBefore,
    commitsBefore: before.commits,
    hit: hit ?? open,
    effective: hit !== false && (before.commits ?? 0) > 0,
    progressDuring: difference(before, after),
    seconds: Math.round((endedAt - from) / 100) / 10
  }
  say(
    `${report.atSeconds} s: ${report.fault} (pid ${pid}, ${before.commits ?? '?'} commits before${report.hit ? ', hit' : ''}${report.effective ? '' : ', met nobody at work'})`
  )
  return { report, endedAt }
}

async function hasOpenTransaction(watch: Watch): Promise<boolean | null> {
  const { end, stable } = await watch.look('end', 'stable')
  if (!end || !stable) return null
  return Object.keys(end).some((topic) => end[topic]?.some((offset, p) => offset > (stable[topic]?.[p] ?? 0)))
}

function difference(before: Sight, after: Sight): number | null {
  const sum = ({ end }: Sight): number | null =>
    end
      ? Object.values(end)
          .flat()
          .reduce((a, b) => a + b, 0)
      : null
  const [a, b] = [sum(before), sum(after)]
  return a === null || b === null ? null : b - a
}

function unanswered({ ledger }: Workload): number {
  return ledger.entries.length - ledger.answered()
}

async function lagOf(lab: Lab, service: string): Promise<number | null> {
  const lags = await Promise.all(lab.replicasOf(service).map((one) => readMetric(one, 'sluice_lag_records')))
  return lags.some((lag) => lag !== null) ? lags.reduce((sum: number, lag) => sum + (lag ?? 0), 0) : null
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
