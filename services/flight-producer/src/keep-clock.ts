import type { TopicSpec } from '@sluice/contracts'
import type { Log } from '@sluice/events'
import { clockKey, decodeClock, encodeClock, wait, type Clock, type Replay } from '@sluice/flights'
import { readControl, writeControl, type Kafka } from '@sluice/kafka'
import { chooseClock } from './choose-clock.ts'

export interface KeepClockDeps {
  readonly kafka: Kafka
  readonly control: TopicSpec
  readonly now: () => number
  readonly log: Log
}

/** Puts the clock to follow into platform.control, unless it is there. Throws UnavailableError. */
export async function setClock(
  { kafka, control, now, log }: KeepClockDeps,
  choice: { readonly replay: Replay; readonly speed: number }
): Promise<Clock> {
  const record = (await readControl(kafka, control)).get(clockKey)
  const recorded = record === undefined ? null : decodeClock(record)
  const clock = chooseClock({ ...choice, recorded, nowMs: now() })
  const encoded = encodeClock(clock)
  if (record?.toString() !== encoded) {
    await writeControl(kafka, control, clockKey, encoded)
    log.info({ clock: encoded }, 'clock set')
  }
  return clock
}

/** A stop has 10 s in all. */
const longestPauseMs = 2500

/**
 * Makes time stand still for everyone who follows the clock; without this they would run ahead while we are away.
 * A Kafka that does not answer now is not waited for: the stop itself is in the state file.
 */
export async function pauseClock({ kafka, control, now, log }: KeepClockDeps, simulatedMs: number): Promise<void> {
  const encoded = encodeClock({ simEpochMs: simulatedMs, wallEpochMs: now(), speed: 0 })
  const written = writeControl(kafka, control, clockKey, encoded).then(
    () => log.info({ clock: encoded }, 'clock paused'),
    (error: Error) => log.warn({ problem: error.message }, 'clock could not be paused')
  )
  await Promise.race([written, wait(longestPauseMs, new AbortController().signal)])
}
