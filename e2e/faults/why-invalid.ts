import type { Report } from '../ask-oracle.ts'
import type { Least } from './schedule.ts'
import type { FaultReport } from './run-faults.ts'

/** Why a run says nothing, whatever the oracle found; empty: it does say something. */
export function whyInvalid(
  least: Least,
  faults: readonly Pick<FaultReport, 'kind' | 'effective'>[],
  ledger: Pick<NonNullable<Report['ledger']>, 'answered' | 'invalid'> | undefined | null,
  failedLooks: readonly string[]
): readonly string[] {
  const short = (what: string, found: number, wanted: number): string[] =>
    found >= wanted ? [] : [`${found} ${what}, at least ${wanted} were planned`]
  const met = faults.filter(({ effective }) => effective)
  return [
    ...short('faults met a platform at work', met.length, least.effective),
    ...Object.entries(least.ofKind).flatMap(([wanted, count]) =>
      short(`${wanted} met a platform at work`, met.filter(({ kind }) => kind === wanted).length, count)
    ),
    ...short('events were answered as durable', ledger?.answered ?? 0, least.answered),
    ...short('invalid events were answered as durable', ledger?.invalid ?? 0, least.invalid),
    ...failedLooks.map((message) => `a look for stalls failed: ${message}`)
  ]
}
