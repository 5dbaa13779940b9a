import type { CloudEvent } from '@sluice/events'
import type { SendInOrderDeps } from './send-in-order.ts'

/** The part of a service's context that sending reports to. */
export interface ReportSendingDeps {
  readonly metrics: {
    readonly sent: (labels: { readonly output: string; readonly type: string }, count?: number) => void
    readonly rejected: (labels: { readonly reason: string }, count?: number) => void
  }
  readonly waiting: (dependency: string, reason: string) => void
}

/** Counts what is sent and refused, and says in `/readyz` what the trouble with the collector is. */
export function createReportSending({
  metrics,
  waiting
}: ReportSendingDeps): Pick<SendInOrderDeps, 'onAccepted' | 'onRefused' | 'onProblem'> {
  return {
    onAccepted(events) {
      for (const [type, count] of countByType(events)) metrics.sent({ output: 'collector', type }, count)
    },
    onRefused(refused) {
      for (const { code } of refused) metrics.rejected({ reason: code })
    },
    onProblem: (problem) => waiting('collector', problem)
  }
}

function countByType(events: readonly CloudEvent[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1)
  return counts
}
