import type { Contracts } from '@sluice/contracts'
import type { Metrics } from '@sluice/service'
import { createJudge, type Candidate, type Judged, type Reception } from './judge-event.ts'
import { createPublishSession, type PublishDeps, type PublishSession } from './publish-session.ts'
import { accepted, refused, type Result } from './results.ts'

export interface PublisherDeps extends PublishDeps {
  readonly contracts: Contracts
  readonly metrics: Metrics
}

/** Where events come from, as it appears in the metrics. */
type Transport = 'rest' | 'grpc' | 'grpc-stream'

/** One request or stream; events go in one by one, in order. */
interface Publication {
  /** Checks one event and sends it. `settle` is called exactly once, with the answer for the client. */
  publish(candidate: Candidate, reception: Reception, settle: (result: Result) => void): void
  /** True once an event has failed for a reason of ours. */
  hasFailed(): boolean
}

export interface Publisher {
  begin(transport: Transport): Publication
  /** All events of one request. The results are in the order of the candidates. */
  publishAll(transport: Transport, candidates: readonly Candidate[], reception: Reception): Promise<readonly Result[]>
}

/** The way of an event through the collector: checked, sent, answered, counted. REST and gRPC share it. */
export function createPublisher(deps: PublisherDeps): Publisher {
  const { contracts, metrics } = deps
  const judge = createJudge({ contracts })
  const output = contracts.topics.raw.name

  function publishWith(session: PublishSession, judged: Judged, settle: (result: Result) => void): void {
    if (!judged.ok) return settle(count(refused(judged.id, judged.refusal)))
    const { event, contract, record } = judged
    const beganMs = performance.now()
    session.submit(record, (sent) => {
      if (!sent.ok) return settle(count(refused(event.id, sent.refusal)))
      metrics.sent({ output, type: contract.type })
      metrics.latency({ step: 'durable' }, (performance.now() - beganMs) / 1000)
      settle(accepted(event.id, sent))
    })
  }

  function count(result: Result): Result {
    metrics.rejected({ reason: result.code ?? '' })
    return result
  }

  function begin(transport: Transport): Publication {
    const session = createPublishSession(deps)
    return {
      publish(candidate, reception, settle) {
        const judged = judge(candidate, reception)
        metrics.received({ input: transport, type: judged.ok ? judged.contract.type : judged.type })
        publishWith(session, judged, settle)
      },
      hasFailed: () => session.hasFailed()
    }
  }

  async function publishAll(
    transport: Transport,
    candidates: readonly Candidate[],
    reception: Reception
  ): Promise<readonly Result[]> {
    const publication = begin(transport)
    const results = candidates.map(
      (candidate) => new Promise<Result>((resolve) => publication.publish(candidate, reception, resolve))
    )
    return Promise.all(results)
  }

  return { begin, publishAll }
}
