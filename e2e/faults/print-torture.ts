import type { FaultReport } from './run-faults.ts'
import { landsWithinSeconds, type TortureReport } from './torture.ts'

/** A report for people. */
export function printTorture(report: TortureReport): string {
  const { oracle, faults, stalls, memory } = report
  const { ledger } = oracle
  return [
    '',
    ' at s   took s  commits      lag  progress  hit  fault (pid)',
    ...faults.map(line),
    '',
    `seed ${report.seed}: ${report.effective} of ${faults.length} faults met a platform at work`,
    `sent ${ledger?.sent}, answered as durable ${ledger?.answered} (${ledger?.invalid} invalid, ${ledger?.repeated} repeated), in doubt ${ledger?.inDoubt}`,
    `raw ${oracle.raw}, dead letters ${JSON.stringify(oracle.dlq)}, rows ${JSON.stringify(oracle.rows)}`,
    `longest standstill (s) ${JSON.stringify(stalls)}, most memory (MB) ${JSON.stringify(memory)}`,
    `everything had landed ${report.settledSeconds} s after the end of the last fault (the load ended at ${report.loadedSeconds} s)`,
    `P1, landed within ${landsWithinSeconds} s: ${report.settledSeconds <= landsWithinSeconds ? 'kept' : 'NOT KEPT'}`,
    ...oracle.problems.map((problem) => `PROBLEM ${problem}`),
    ...report.invalid.map((reason) => `INVALID ${reason}`),
    ...(report.kept === null ? [] : [`logs and ledger are in ${report.kept}`]),
    `${report.verdict}: ${oracle.problemCount} problems`
  ].join('\n')
}

function line(fault: FaultReport): string {
  return [
    String(fault.atSeconds).padStart(5),
    fault.seconds.toFixed(1).padStart(8),
    show(fault.commitsBefore).padStart(8),
    show(fault.lagBefore).padStart(8),
    show(fault.progressDuring).padStart(9),
    (fault.hit === null ? '-' : fault.hit ? 'yes' : 'no').padStart(4),
    `  ${fault.fault}${fault.pid > 0 ? ` (${fault.pid})` : ''}${fault.effective ? '' : ', met nobody at work'}`
  ].join(' ')
}

function show(value: number | null): string {
  return value === null ? '?' : String(value)
}
