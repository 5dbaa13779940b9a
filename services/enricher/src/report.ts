import { gapReason } from '@sluice/events'
import type { Topics } from '@sluice/contracts'
import type { RecordOutcome, TransformOptions } from '@sluice/kafka'
import type { Metrics } from '@sluice/service'
import type { ValidEvent } from './check-event.ts'

export interface ReportDeps {
  readonly metrics: Metrics
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

type Report = Required<Pick<TransformOptions<ValidEvent>, 'onCommitted' | 'onGap' | 'onProgress'>>

/** Counts what was committed, and how long each event took from the collector to here. */
export function createReport({ metrics, now }: ReportDeps, { raw, enriched }: Topics): Report {
  return {
    onCommitted({ outcomes, enrichSeconds, commitSeconds }) {
      const nowMs = now()
      for (const [type, count] of countBy(outcomes, typeOf)) metrics.received({ input: raw.name, type }, count)
      const passed = outcomes.filter((outcome) => outcome.kind === 'enriched')
      for (const [type, count] of countBy(passed, typeOf)) metrics.sent({ output: enriched.name, type }, count)
      const rejected = outcomes.filter((outcome) => outcome.kind === 'rejected')
      for (const [reason, count] of countBy(rejected, (one) => one.reason)) metrics.rejected({ reason }, count)
      metrics.repeated(outcomes.length - passed.length - rejected.length)
      for (const { item } of passed) {
        metrics.latency({ step: 'enriched' }, (nowMs - Date.parse(item.event.receivedtime ?? '')) / 1000)
      }
      metrics.batch({ step: 'enrich' }, enrichSeconds)
      metrics.batch({ step: 'commit' }, commitSeconds)
    },
    onGap: () => metrics.rejected({ reason: gapReason }),
    onProgress({ topic, partition, lag }) {
      metrics.lag({ topic, partition }, lag)
    }
  }
}

/** The event's type, or `unknown` where the record was not read that far. */
function typeOf(outcome: RecordOutcome<ValidEvent>): string {
  return outcome.kind === 'repeat' ? 'unknown' : (outcome.item?.event.type ?? 'unknown')
}

function countBy<T>(items: readonly T[], nameOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(nameOf(item), (counts.get(nameOf(item)) ?? 0) + 1)
  return counts
}
