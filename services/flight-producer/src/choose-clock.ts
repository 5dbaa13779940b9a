import { reached, simulatedAt, type Clock, type Replay } from '@sluice/flights'

export interface ClockChoice {
  readonly replay: Pick<Replay, 'fromMs' | 'state' | 'isFirstStart'>
  /** The newest one in platform.control; null: none. */
  readonly recorded: Clock | null
  readonly speed: number
  readonly nowMs: number
}

/**
 * The clock to follow from now on. It is the recorded one itself after a crash, so that everything behind it is caught
 * up with; any other is to be recorded. A stop pauses time, and a change of speed changes nothing that has passed.
 */
export function chooseClock({ replay, recorded, speed, nowMs }: ClockChoice): Clock {
  function startingAt(simEpochMs: number): Clock {
    return { simEpochMs, wallEpochMs: nowMs, speed }
  }
  const { fromMs, state, isFirstStart } = replay
  if (isFirstStart) return startingAt(fromMs)
  if (state.stoppedAtMs !== null) return startingAt(state.stoppedAtMs)
  // It crashed. Without a clock in its state it followed none, and a record is of an earlier time.
  if (state.clock === null) return startingAt(reached(state))
  const inForce = recorded ?? state.clock
  return inForce.speed === speed ? inForce : startingAt(simulatedAt(inForce, nowMs))
}
