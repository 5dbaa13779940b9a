import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stateDir, waitFor } from '@sluice/testkit'
import { observe, type Report } from '../ask-oracle.ts'
import { inject, targetOf, type Fault } from './faults.ts'
import { openLab, type Lab } from './lab.ts'
import { readMetric } from './metrics.ts'
import { createRandom } from './random.ts'
import { describeFault, type Plan } from './schedule.ts'
import { openStalls } from './stalls.ts'
import { progressOf, openWatch, type Sight, type Watch } from './watch.ts'
import { startWorkload, type Workload } from './workload.ts'

/** What was seen of one fault of the plan. */
export interface FaultReport {
  readonly atSeconds: number
  readonly fault: string
  readonly pid: number
  /** Records that its target had not read when it came; null: not known. */
  readonly lagBefore: number | null
  /** What the target has committed since the fault before. */
  readonly commitsBefore: number | null
  /** Whether it fell into a commit; null: that cannot be seen. */
  readonly hit: boolean | null
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
  /** From the last fault until everything had landed. */
  readonly settledSeconds: number
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
  /** How long everything may take to land after the last fault. */
  readonly settleMs?: number
}

/** Carries a plan out on a platform of its own and has the oracle judge what came of it. */
export async function torture(plan: Plan, { say, settleMs = 180_000 }: TortureDeps): Promise<TortureReport> {
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
  const faults = await runFaults(plan, run, load)
  await lab.ready(180_000)
  await waitFor('enough is sent', async () => load.ledger.entries.length >= plan.events, { timeoutMs: 600_000 })
  await load.stop(120_000)
  const seen = stalls.result()
  const settleFrom = performance.now()
  say(
    `no more faults, ${load.ledger.entries.length} sent, ${load.ledger.answered()} answered; waiting until all has landed`
  )
  const ledger = join(lab.platform.dataDir, 'ledger.jsonl')
  load.ledger.save(ledger)
  const oracle = await settle(run, ledger, settleMs)
  const settledSeconds = Math.round((performance.now() - settleFrom) / 100) / 10

  const effective = faults.filter(({ commitsBefore }) => (commitsBefore ?? 0) > 0).length
  const invalid = whyInvalid(plan, effective, oracle)
  const verdict = oracle.problemCount > 0 ? 'fail' : invalid.length > 0 ? 'invalid' : 'pass'
  return {
    seed,
    verdict,
    invalid,
    faults,
    effective,
    settledSeconds,
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
async function runFaults(plan: Plan, run: Run, load: Workload): Promise<readonly FaultReport[]> {
  const busy = new Map<string, Promise<unknown>>()
  const reports: Promise<FaultReport>[] = []
  let last: Sight = await run.watch.look('end', 'lake', 'redis')
  for (const { atMs, fault } of plan.faults) {
    await sleep(Math.max(0, run.began + atMs - performance.now()))
    const target = targetOf(fault)
    await busy.get(target)
    const before = await untilAtWork(run, target, last)
    last = before
    const report = runFault(run, fault, before, load)
    reports.push(report)
    busy.set(target, report)
  }
  return Promise.all(reports)
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

async function untilAtWork({ watch }: Run, target: string, last: Sight): Promise<Before> {
  const worker = workerOf[target] ?? target
  let from = progressOf(last, worker)
  for (let waitedMs = 0; ; waitedMs += 500) {
    const sight = await watch.look('end', 'lake', 'redis')
    const now = progressOf(sight, worker)
    // What the last look did not find counts from this one on.
    from ??= now
    const commits = from === null || now === null ? null : now - from
    if ((commits ?? 0) > 0 || waitedMs >= 25_000) return { ...sight, commits }
    await sleep(500)
  }
}

async function runFault(run: Run, fault: Fault, before: Before, load: Workload): Promise<FaultReport> {
  const { lab, watch, say, began, random } = run
  const target = targetOf(fault)
  const from = performance.now()
  const lagBefore = target === 'collector' ? unanswered(load) : await lagOf(lab, workerOf[target] ?? target)
  const done = inject(lab, fault, random)
  // What the dead one left open shows at once, or not at all.
  const isEnricherKill = fault.kind === 'kill' && fault.service === 'enricher'
  const open = isEnricherKill ? await done.then(() => hasOpenTransaction(watch)) : null
  const { pid, hit } = await done
  const after = await watch.look('end')
  const report = {
    atSeconds: Math.round((from - began) / 1000),
    fault: describeFault(fault),
    pid,
    lagBefore,
    commitsBefore: before.commits,
    hit: hit ?? open,
    progressDuring: difference(before, after),
    seconds: Math.round((performance.now() - from) / 100) / 10
  }
  say(
    `${report.atSeconds} s: ${report.fault} (pid ${pid}, ${before.commits ?? '?'} commits before${report.hit ? ', hit' : ''})`
  )
  return report
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
async function settle({ lab, watch, say }: Run, ledger: string, settleMs: number): Promise<Report> {
  const until = performance.now() + settleMs
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

function whyInvalid(plan: Plan, effective: number, { ledger }: Report): readonly string[] {
  const short = (what: string, found: number, least: number): string[] =>
    found >= least ? [] : [`${found} ${what}, at least ${least} were planned`]
  return [
    ...short('faults met a platform at work', effective, plan.leastEffective),
    ...short('events were answered as durable', ledger?.answered ?? 0, plan.leastAnswered),
    ...short('invalid events were answered as durable', ledger?.invalid ?? 0, plan.leastInvalid)
  ]
}

function keep(lab: Lab, seed: number): string {
  const to = join(stateDir, 'torture', `seed-${seed}-${process.pid}`)
  mkdirSync(to, { recursive: true })
  cpSync(lab.platform.logDir, join(to, 'logs'), { recursive: true })
  cpSync(join(lab.platform.dataDir, 'ledger.jsonl'), join(to, 'ledger.jsonl'))
  return to
}
