import assert from 'node:assert/strict'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stateDir } from '@sluice/testkit'
import { observe, type Observed, type Report } from '../ask-oracle.ts'
import type { Lab } from './lab.ts'
import { readMetric } from './metrics.ts'
import type { Workload } from './workload.ts'

export interface JudgeOptions extends Omit<Observed, 'ledger'> {
  /** How long everything may take to land. Default 180 s. */
  readonly settleMs?: number
}

/**
 * Ends the load, waits until everything has landed, and fails with what the oracle still finds wrong then: lost, doubled,
 * disordered, invented, altered, falsely answered.
 */
export async function assertExact(
  lab: Lab,
  loads: readonly Workload[],
  { settleMs = 180_000, ...observed }: JudgeOptions = {}
): Promise<Report> {
  const ledger = await endLoad(lab, loads)
  const from = performance.now()
  await untilRead(lab)
  for (;;) {
    const report = await observe(lab.platform, { ...observed, ledger })
    const seconds = ((performance.now() - from) / 1000).toFixed(1)
    console.log(`# ${seconds} s after the load: ${report.problemCount} problems ${report.problems[0] ?? ''}`)
    if (report.problemCount === 0) return report
    if (performance.now() - from > settleMs) {
      console.log(`# kept ${keep(lab)}`)
      assert.deepEqual(report.problems, [], `${report.problemCount} problems`)
    }
    await sleep(2_000)
  }
}

/** A look of the oracle costs seconds: not before everybody says that it has read everything, or for twenty of them. */
async function untilRead(lab: Lab): Promise<void> {
  const until = performance.now() + 20_000
  const isRead = async (): Promise<boolean> => {
    const running = lab.platform.processes.filter(({ state }) => state === 'ready')
    const lags = await Promise.all(running.map((one) => readMetric(one, 'sluice_lag_records')))
    return lags.every((lag) => lag === 0 || lag === null)
  }
  while (performance.now() < until && !(await isRead())) await sleep(500)
}

/** Logs and ledger, and what each process says of itself, for whoever looks into it. */
function keep(lab: Lab): string {
  const to = join(stateDir, 'torture', `failed-${process.pid}`)
  mkdirSync(to, { recursive: true })
  cpSync(lab.platform.logDir, join(to, 'logs'), { recursive: true })
  cpSync(join(lab.platform.dataDir, 'ledger.jsonl'), join(to, 'ledger.jsonl'))
  const states = lab.platform.processes.map(({ planned, state, note }) => `${planned.id} ${state} ${note}\n`)
  writeFileSync(join(to, 'states.txt'), states.join(''))
  return to
}

/** The file with what all loads have sent and were answered. */
async function endLoad(lab: Lab, loads: readonly Workload[]): Promise<string> {
  await Promise.all(loads.map((load) => load.stop(120_000)))
  const file = join(lab.platform.dataDir, 'ledger.jsonl')
  const [first, ...others] = loads
  first?.ledger.save(
    file,
    others.map(({ ledger }) => ledger)
  )
  return file
}

/** `--full` sizes, or those that fit into a pipeline. */
export const isFull = process.env['SLUICE_FULL'] === '1'

export function sized(inCi: number, full: number): number {
  return isFull ? full : inCi
}
