import { checkEvent, type Contracts } from '@sluice/contracts'
import type { RejectReason } from '@sluice/events'
import { createJudge, type Candidate, type Reception } from './judge-event.ts'
import type { RefusalCode } from './refusals.ts'
import { refused, type Result } from './results.ts'

/** Says what would become of events: refused by the collector, a dead letter by its contract, or neither (status 200). */
export function createValidator({ contracts }: { readonly contracts: Contracts }) {
  const judge = createJudge({ contracts })

  return function validateAll(candidates: readonly Candidate[], reception: Reception): readonly Result[] {
    return candidates.map((candidate) => {
      const judged = judge(candidate, reception)
      if (!judged.ok) return refused(judged.id, judged.refusal)
      const { event } = judged
      const checked = checkEvent(contracts, event, reception.receivedAtMs)
      if (checked.ok) return { id: event.id, status: 200 }
      const { reason, pointer, message } = checked.problem
      return refused(event.id, { code: codeOf(reason), pointer, detail: message })
    })
  }
}

/** After the collector's own checks these are all the reasons that are left for the contract. */
function codeOf(reason: RejectReason): RefusalCode {
  switch (reason) {
    case 'contract':
    case 'clock_skew':
    case 'key':
    case 'unknown_type':
    case 'unknown_version':
    case 'envelope':
      return reason
    default:
      throw new Error(`a contract rejects with ${reason}, expected a reason about the event`)
  }
}
