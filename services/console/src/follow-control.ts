import type { TopicSpec } from '@sluice/contracts'
import { followControl, type Kafka } from '@sluice/kafka'
import type { ShownClock } from './wire/live.ts'

interface Clock {
  readonly simEpochMs: number
  readonly wallEpochMs: number
  readonly speed: number
}

export interface FollowDeps {
  readonly kafka: Kafka
  readonly control: TopicSpec
  readonly now: () => number
  readonly signal: AbortSignal
}

/** What the control topic says: the simulated clock, and which incarnation each topic is. */
export function followPlatform({ kafka, control, now, signal }: FollowDeps) {
  const incarnations = new Map<string, string>()
  let clock: Clock | null = null
  let newestEventMs: number | null = null

  const done = followControl(
    kafka,
    control,
    (key, value) => {
      if (key === 'clock') clock = value === null ? null : readClock(value)
      const topic = /^incarnation\/(.+)$/.exec(key)?.[1]
      if (topic === undefined) return
      if (value === null) incarnations.delete(topic)
      else incarnations.set(topic, value.toString())
    },
    { signal }
  )
  return {
    done,
    incarnation: (topic: string): string | null => incarnations.get(topic) ?? null,
    /** The newest event's own time, which says where a replay is that follows no clock. */
    sawEvent(atMs: number): void {
      if (newestEventMs === null || atMs > newestEventMs) newestEventMs = atMs
    },
    clock(): ShownClock | null {
      if (clock !== null) {
        const simMs = clock.simEpochMs + clock.speed * (now() - clock.wallEpochMs)
        // The clock runs on after the last event; the replay does not.
        const ended =
          clock.speed > 0 &&
          newestEventMs !== null &&
          simMs - newestEventMs > Math.max(86_400_000, clock.speed * 60_000)
        return { simMs: ended ? newestEventMs! : simMs, speed: clock.speed, source: 'clock', ended }
      }
      return newestEventMs === null ? null : { simMs: newestEventMs, speed: 0, source: 'newest event', ended: false }
    }
  }
}

function readClock(value: Buffer): Clock | null {
  try {
    const { simEpoch, wallEpoch, speed } = JSON.parse(value.toString()) as {
      simEpoch: string
      wallEpoch: string
      speed: number
    }
    const clock = { simEpochMs: Date.parse(simEpoch), wallEpochMs: Date.parse(wallEpoch), speed }
    return Number.isFinite(clock.simEpochMs + clock.wallEpochMs + clock.speed) ? clock : null
  } catch {
    return null
  }
}
