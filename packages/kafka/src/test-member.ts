import type { Topics } from '@sluice/contracts'
import type { Kafka } from './client.ts'
import { joinGroup, type Membership } from './membership.ts'
import { silent } from './test-support.ts'

export interface Member {
  readonly mine: () => readonly number[]
  readonly membership: Membership
}

/** A member of a group over both outputs, as a sink would be. */
export function join(kafka: Kafka, { enriched, dlq }: Topics, group: string): Member {
  let mine: readonly number[] = []
  const membership = joinGroup(
    kafka,
    {
      group,
      topics: [enriched.name, dlq.name],
      partitions: enriched.partitions,
      sessionTimeoutMs: 6_000,
      onAssigned: (partitions) => {
        mine = partitions
      }
    },
    { log: silent }
  )
  return { mine: () => mine, membership }
}
