import { setTimeout as sleep } from 'node:timers/promises'
import { inject, isUp, targetOf, type Fault } from './faults.ts'
import type { Lab } from './lab.ts'
import { readMetric } from './metrics.ts'
import type { Random } from './random.ts'
import { describeFault, type Plan } from './schedule.ts'
import { progressOf, type Sight, type Watch } from './watch.ts'
import type { Workload } from './workload.ts'

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

/** A platform under torture. */
export interface Run {
  readonly lab: Lab
  readonly watch: Watch
  readonly say: (line: string) => void
  readonly began: number
  readonly random: Random
}

/** Each at its time, and when what it hits is whole again and at work; those that hit different things overlap. */
export async function runFaults(plan: Plan, run: Run, load: Workload) {
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
