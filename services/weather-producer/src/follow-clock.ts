import type { TopicSpec } from '@sluice/contracts'
import { clockKey, decodeClock, wait, type Clock } from '@sluice/flights'
import { followControl, type Kafka } from '@sluice/kafka'

export interface FollowClockDeps {
  readonly kafka: Kafka
  readonly control: TopicSpec
  readonly signal: AbortSignal
}

export interface FollowedClock {
  /** The newest one in platform.control; null: none yet. */
  latest(): Clock | null
  /** Resolves once there is one. */
  readonly known: Promise<void>
  /** Resolves some time after the signal; rejects where the topic cannot be followed at all. */
  readonly ended: Promise<void>
}

/** Follows the simulated clock, which someone else sets. An outage of Kafka changes nothing of what is known. */
export function followClock({ kafka, control, signal }: FollowClockDeps): FollowedClock {
  const known = Promise.withResolvers<void>()
  let latest: Clock | null = null

  function onRecord(key: string, value: Buffer | null): void {
    const clock = key === clockKey && value !== null ? decodeClock(value) : null
    if (clock === null) return
    latest = clock
    known.resolve()
  }

  return { latest: () => latest, known: known.promise, ended: followControl(kafka, control, onRecord, { signal }) }
}

export interface UntilKnownDeps {
  readonly waiting: (dependency: string, reason: string) => void
  readonly available: (dependency: string) => void
  readonly tick: () => void
  readonly signal: AbortSignal
}

/** Waits, not ready, for the first clock. False: the signal came first. */
export async function untilKnown(clock: FollowedClock, deps: UntilKnownDeps): Promise<boolean> {
  const { waiting, available, tick, signal } = deps
  waiting('clock', 'flight-producer has not set the simulated clock yet')
  while (clock.latest() === null && !signal.aborted) {
    await Promise.race([clock.known, wait(1000, signal)])
    tick()
  }
  available('clock')
  return !signal.aborted
}
