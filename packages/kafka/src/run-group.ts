import { RefusedError, UnavailableError, type Log } from '@sluice/events'
import type { Kafka } from './client.ts'
import { joinGroup, type Membership } from './membership.ts'
import { backOffMs, pause } from './pause.ts'
import type { Running } from './types.ts'

/** What one attempt at a lane gets to work with. */
export interface LaneContext {
  readonly partition: number
  /** Aborts when the lane must end: finish what is in hand and return. */
  readonly signal: AbortSignal
  /** Has a resource closed when the attempt is over, however it ends. */
  readonly own: <T extends { close(): void }>(resource: T) => T
  /** Tries until something that is no part of the lane's state is available again. Throws when the lane must end. */
  readonly retry: <T>(action: () => Promise<T>) => Promise<T>
  /** The lane moves: no problem, and the next failure is the first one again. */
  readonly moving: () => void
  /** A batch, or a bounded attempt at something, is over. */
  readonly tick: () => void
  readonly show: Membership['show']
}

export interface GroupOptions {
  readonly group: string
  /** Co-partitioned. */
  readonly topics: readonly string[]
  readonly partitions: number
  readonly sessionTimeoutMs?: number | undefined
  /** How many lanes a partition number has: one, or one per topic. */
  readonly lanes: readonly ((context: LaneContext) => Promise<void>)[]
  /** Called when every lane has ticked since the last call: a single one that hangs is enough to stop it. */
  readonly tick?: (() => void) | undefined
}

/** Whoever refuses waits so long for the others: an operator wants to hear of every partition at once. */
const refusalGraceMs = 2_000

/** The group's own: SIGTERM has 10 s, and leaving wants some of it. */
const stopTimeoutMs = 5_000

/**
 * Keeps a lane running for every partition that the group gives us. A lane that throws UnavailableError is started
 * again, from nothing, when the group has confirmed us; whatever else it throws ends them all. A rebalance leaves the
 * lanes of partitions that stay.
 */
export function runGroup(kafka: Kafka, options: GroupOptions, { log }: { readonly log: Log }): Running {
  const { group, topics, partitions, sessionTimeoutMs = 10_000 } = options
  const done = Promise.withResolvers<void>()
  done.promise.catch(() => undefined) // whoever waits for it gets it; nobody has to
  const lanes = new Map<number, AbortController>()
  const endings = new Map<number, Promise<unknown>>()
  const problems = new Map<string, string>()
  const refusals: string[] = []
  const ending = new AbortController()
  const resources = new Set<{ close(): void }>()
  let stopping: Promise<void> | null = null
  const ticks = gatherTicks(options.tick)
  const membership = joinGroup(
    kafka,
    { group, topics, partitions, sessionTimeoutMs, onAssigned: assign, onAttempt: () => ticks.check() },
    { log }
  )
  const show: Membership['show'] = (topic, partition, next) => membership.show(topic, partition, next)

  function assign(mine: readonly number[]): void {
    for (const partition of lanes.keys()) if (!mine.includes(partition)) revoke(partition)
    for (const partition of mine) {
      if (lanes.has(partition)) continue
      const stop = new AbortController()
      const before = endings.get(partition) // the same partition, a moment ago
      const driven = options.lanes.map((_, index) =>
        drive(partition, index, stop.signal, before).catch((error: unknown) => {
          if (!stop.signal.aborted) void (error instanceof RefusedError ? refuse(error) : end(error))
        })
      )
      lanes.set(partition, stop)
      endings.set(partition, Promise.all(driven))
    }
  }

  function revoke(partition: number): void {
    lanes.get(partition)?.abort()
    lanes.delete(partition)
  }

  async function drive(
    partition: number,
    index: number,
    signal: AbortSignal,
    before?: Promise<unknown>
  ): Promise<void> {
    const name = `${partition}.${index}`
    let failures = 0
    const tick = (): void => ticks.tick(name)
    const moving = (): void => {
      failures = 0
      if (problems.delete(name)) log.info({ group, partition }, 'partition goes on')
    }
    const wait = async (error: unknown): Promise<void> => {
      if (signal.aborted || !(error instanceof UnavailableError)) throw error
      const problem = `partition ${partition} waits for ${error.dependency}: ${error.message}`
      if (problems.get(name) !== problem) log.warn({ group, partition, reason: error.message }, 'partition waits')
      problems.set(name, problem)
      tick()
      await pause(backOffMs(++failures), signal)
    }
    const retry = async <T>(action: () => Promise<T>): Promise<T> => {
      for (;;) {
        try {
          return await action()
        } catch (error) {
          await wait(error)
          if (signal.aborted) throw error
        }
      }
    }
    ticks.expect(name)
    if (before) problems.set(name, `partition ${partition} waits: its last batch is not finished`)
    try {
      await before
      while (!signal.aborted) {
        try {
          await attempt(index, { partition, signal, retry, moving, tick, show })
        } catch (error) {
          await wait(error)
          ticks.release(name)
          // Who lost the partition without knowing it must not fence the one who has it now.
          await membership.confirm(signal)
          ticks.expect(name)
        }
      }
    } finally {
      ticks.release(name)
      problems.delete(name)
    }
  }

  async function attempt(index: number, context: Omit<LaneContext, 'own'>): Promise<void> {
    const owned: { close(): void }[] = []
    const own = <T extends { close(): void }>(resource: T): T => {
      owned.push(resource)
      resources.add(resource)
      return resource
    }
    try {
      await options.lanes[index]?.({ ...context, own })
    } finally {
      for (const resource of owned) {
        resource.close()
        resources.delete(resource)
      }
    }
  }

  async function refuse(refusal: RefusedError): Promise<void> {
    refusals.push(...refusal.problems)
    if (refusals.length > refusal.problems.length) return
    await pause(refusalGraceMs, ending.signal)
    await end(refusal.problems.length === refusals.length ? refusal : new RefusedError(refusals))
  }

  /** The first reason counts. */
  function end(reason?: unknown): Promise<void> {
    ending.abort()
    stopping ??= finish(reason)
    return stopping
  }

  async function finish(reason: unknown): Promise<void> {
    for (const partition of lanes.keys()) revoke(partition)
    const inTime = new AbortController()
    await Promise.race([Promise.all(endings.values()), pause(stopTimeoutMs, inTime.signal)])
    inTime.abort()
    for (const resource of resources) resource.close()
    await membership.leave()
    if (reason === undefined) done.resolve()
    else done.reject(reason)
  }

  return {
    done: done.promise,
    stop: () => end(),
    problems: () => [membership.problem(), ...problems.values(), ...refusals].filter((problem) => problem !== null)
  }
}

/**
 * One tick out of many lanes: passed on when all that work have ticked, so that one that hangs is not covered up by the
 * others. A lane that waits for the group, and a group without lanes, tick by the attempts to reach the group.
 */
function gatherTicks(tick: (() => void) | undefined) {
  const working = new Set<string>()
  const ticked = new Set<string>()

  function check(): void {
    for (const lane of working) if (!ticked.has(lane)) return
    ticked.clear()
    tick?.()
  }

  return {
    check,
    expect: (lane: string) => void working.add(lane),
    release: (lane: string) => void working.delete(lane),
    tick(lane: string): void {
      ticked.add(lane)
      check()
    }
  }
}
