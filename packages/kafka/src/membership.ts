import type { Log } from '@sluice/events'
import { unavailable } from './admin.ts'
import { assignPartitions, type Claim } from './assign-partitions.ts'
import type { Client, Kafka } from './client.ts'
import { assignerProtocol, joinGroupV5, type Broker, type JoinGroupResponse } from './kafkajs.ts'
import { backOffMs, pause } from './pause.ts'

export interface MembershipOptions {
  readonly group: string
  /** Co-partitioned. */
  readonly topics: readonly string[]
  readonly partitions: number
  readonly sessionTimeoutMs: number
  /** Called after every rebalance with the partition numbers that are ours from now on. */
  readonly onAssigned: (partitions: readonly number[]) => void
  /** Called after every attempt to reach the group, successful or not. */
  readonly onAttempt?: () => void
}

/**
 * A member of a consumer group, by the classic protocol. It says which partitions to work on, and no more: nothing
 * here reads, and what makes two owners of one partition harmless is fencing, not the quiet of the group.
 */
export interface Membership {
  /** Resolves when the group has confirmed, after this call, that we are a member; or when the signal aborts. */
  confirm(signal: AbortSignal): Promise<void>
  /** Has a position committed within 5 s, so that stock tools can show a lag. It is never read again. */
  show(topic: string, partition: number, next: bigint): void
  problem(): string | null
  /** Leaves, so that others take over at once. Never rejects. */
  leave(): Promise<void>
}

/** Others notice within one heartbeat that somebody came or went. */
const heartbeatMs = 1_000
const showEveryMs = 5_000
const leaveTimeoutMs = 2_000
const protocolName = 'sluice-sticky'

/** Joins a group and stays in it, whatever happens to the broker, until leave() is called. */
export function joinGroup(kafka: Kafka, options: MembershipOptions, { log }: { readonly log: Log }): Membership {
  const { group: groupId, topics, partitions, sessionTimeoutMs: sessionTimeout, onAssigned, onAttempt } = options
  const leaving = new AbortController()
  let client = kafka.client()
  let coordinator: Broker | null = null
  let memberId = ''
  let generation: number | null = null
  let claim: Omit<Claim, 'memberId'> = { owned: [], generation: -1 }
  let problem: string | null = `joining group ${groupId}`
  let woken = Promise.withResolvers<void>()
  let unconfirmed: (() => void)[] = []
  let shown = new Map<string, { topic: string; partition: number; offset: string }>()
  let shownAt = 0
  void run()

  async function run(): Promise<void> {
    for (let failures = 0; !leaving.signal.aborted;) {
      try {
        coordinator ??= await findCoordinator(client, groupId)
        generation ??= await join(coordinator)
        problem = null
        failures = 0
        onAttempt?.()
        await beat(coordinator, generation)
      } catch (error) {
        onAttempt?.()
        const { type } = error as { readonly type?: string }
        if (type === 'REBALANCE_IN_PROGRESS' || type === 'ILLEGAL_GENERATION') generation = null
        else if (type === 'UNKNOWN_MEMBER_ID') [memberId, generation] = ['', null]
        else {
          // The coordinator is away or has moved. We may still be a member when it answers again.
          problem = unavailable(`group ${groupId}`, error).message
          client.close()
          client = kafka.client()
          coordinator = null
          await pause(backOffMs(++failures), leaving.signal)
        }
      }
    }
  }

  async function join(coordinator: Broker): Promise<number> {
    const metadata = assignerProtocol.MemberMetadata.encode({
      version: 1,
      topics,
      userData: Buffer.from(JSON.stringify(claim))
    })
    const request = () => ({
      groupId,
      sessionTimeout,
      rebalanceTimeout: sessionTimeout,
      memberId,
      protocolType: 'consumer',
      groupProtocols: [{ name: protocolName, metadata }]
    })
    const joined = await coordinator.connectionPool.send(joinGroupV5(request())).catch((error: unknown) => {
      const { name, memberId: given } = error as { readonly name?: string; readonly memberId?: string }
      if (name !== 'KafkaJSMemberIdRequired' || given === undefined) throw error
      memberId = given // now, not with the answer: to be able to leave while the group is waiting for others
      return coordinator.connectionPool.send(joinGroupV5(request()))
    })
    memberId = joined.memberId
    const { memberAssignment } = await coordinator.syncGroup({
      groupId,
      generationId: joined.generationId,
      memberId,
      groupAssignment: joined.leaderId === memberId ? assignmentsOf(joined, topics, partitions) : []
    })
    const assignment = assignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {}
    const owned = assignment[topics[0] ?? ''] ?? []
    claim = { owned, generation: joined.generationId }
    log.info({ group: groupId, generation: joined.generationId, partitions: owned }, 'partitions assigned')
    if (!leaving.signal.aborted) onAssigned(owned)
    return joined.generationId
  }

  async function beat(coordinator: Broker, groupGenerationId: number): Promise<void> {
    await Promise.race([woken.promise, pause(heartbeatMs, leaving.signal)])
    leaving.signal.throwIfAborted()
    woken = Promise.withResolvers()
    const waiting = unconfirmed
    unconfirmed = []
    try {
      await coordinator.heartbeat({ groupId, groupGenerationId, memberId })
    } catch (error) {
      unconfirmed.push(...waiting)
      throw error
    }
    for (const confirmed of waiting) confirmed()
    if (Date.now() - shownAt > showEveryMs) await commitShown(coordinator, groupGenerationId)
  }

  async function commitShown(coordinator: Broker, groupGenerationId: number): Promise<void> {
    if (shown.size === 0) return
    shownAt = Date.now()
    const offsets = [...shown.values()]
    shown = new Map()
    await coordinator
      .offsetCommit({
        groupId,
        groupGenerationId,
        memberId,
        topics: topics.map((topic) => ({ topic, partitions: offsets.filter((one) => one.topic === topic) }))
      })
      .catch((error: unknown) => log.debug({ group: groupId, error: String(error) }, 'positions not shown'))
  }

  async function sayGoodbye(goodbye: Client): Promise<void> {
    if (memberId === '') return
    const coordinator = await findCoordinator(goodbye, groupId)
    if (generation !== null) await commitShown(coordinator, generation)
    await coordinator.leaveGroup({ groupId, memberId })
  }

  return {
    async confirm(signal) {
      if (signal.aborted) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const giveUp = (): void => resolve()
      signal.addEventListener('abort', giveUp)
      unconfirmed.push(resolve)
      woken.resolve()
      await promise
      signal.removeEventListener('abort', giveUp)
    },
    show(topic, partition, next) {
      shown.set(`${topic}/${partition}`, { topic, partition, offset: next.toString() })
    },
    problem: () => problem,
    async leave() {
      leaving.abort()
      client.close() // a join may wait for others on this connection, and holds up all that comes behind it
      const goodbye = kafka.client()
      const inTime = AbortSignal.timeout(leaveTimeoutMs)
      inTime.addEventListener('abort', () => goodbye.close(), { once: true })
      await sayGoodbye(goodbye).catch((error: unknown) =>
        log.warn({ group: groupId, error: String(error) }, 'not left: others take over when the session expires')
      )
      goodbye.close()
    }
  }
}

async function findCoordinator(client: Client, groupId: string): Promise<Broker> {
  const cluster = client.cluster()
  await cluster.connect()
  await cluster.refreshMetadata()
  return cluster.findGroupCoordinator({ groupId })
}

/** What the leader of the group decides for everyone. */
function assignmentsOf(
  { members }: JoinGroupResponse,
  topics: readonly string[],
  partitions: number
): { readonly memberId: string; readonly memberAssignment: Buffer }[] {
  const claims = members.map(({ memberId, memberMetadata }) => ({ memberId, ...readClaim(memberMetadata) }))
  return [...assignPartitions(claims, partitions)].map(([memberId, mine]) => ({
    memberId,
    memberAssignment: assignerProtocol.MemberAssignment.encode({
      version: 1,
      assignment: Object.fromEntries(topics.map((topic) => [topic, mine]))
    })
  }))
}

function readClaim(memberMetadata: Buffer): Omit<Claim, 'memberId'> {
  const { userData } = assignerProtocol.MemberMetadata.decode(memberMetadata)
  return JSON.parse(userData?.toString() ?? '') as Omit<Claim, 'memberId'>
}
