import type { Log } from '@sluice/events'
import type { ApiKeys } from './api-keys.ts'
import type { GrpcGuard } from './grpc-guard.ts'
import type { InFlight } from './in-flight.ts'
import type { Publisher } from './publish-events.ts'
import type { Quota } from './quota.ts'
import type { Refusal } from './refusals.ts'

/** What the gRPC handlers share. */
export interface GrpcDeps {
  readonly keys: ApiKeys
  readonly guard: GrpcGuard
  readonly publisher: Publisher
  readonly quota: Quota
  readonly inFlight: InFlight
  /** Why nothing can be taken now, in words; null: it can. */
  readonly problem: () => string | null
  readonly now: () => number
  readonly log: Log
  /** Counts a call that was refused as a whole. */
  readonly onRefused: (refusal: Refusal) => void
  /** Aborted when streams are to end. */
  readonly closing: AbortSignal
}
