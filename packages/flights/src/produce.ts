import type { CloudEvent, Log } from '@sluice/events'
import { simulatedAt, type Clock } from './clock.ts'
import { replay, wait } from './replay.ts'
import type { Replay } from './open-replay.ts'
import type { ProducerState } from './state-file.ts'

export interface ProduceDeps {
  /** Everything that is later than the replay's position, in the order of events. */
  readonly events: Iterable<CloudEvent>
  readonly replay: Pick<Replay, 'state' | 'stateFile' | 'toMs'>
  readonly clock: () => Clock | null
  readonly send: (events: readonly CloudEvent[]) => Promise<boolean>
  readonly maxEvents: number
  readonly tick: () => void
  readonly now: () => number
  readonly log: Log
  readonly signal: AbortSignal
}

const idleMs = 5000

/**
 * The life of a producer: replays, keeps the state file, idles once there is nothing more, and writes down when it was
 * stopped. Resolves some time after the signal, when the window in hand is finished, with the simulated time of the stop.
 */
export async function produce(deps: ProduceDeps): Promise<number> {
  const { clock, tick, now, log, signal } = deps
  const { stateFile, toMs } = deps.replay
  let state: ProducerState = { ...deps.replay.state, clock: clock(), stoppedAtMs: null }
  await stateFile.write(state)
  log.info({ position: state.position, clock: state.clock }, 'replay begins')
  const end = await replay({
    ...deps,
    onDone(position) {
      state = { ...state, position }
      return stateFile.write(state)
    }
  })
  if (end === 'ended') log.info({ position: state.position }, 'replay has come to its end')
  while (!signal.aborted) {
    await wait(idleMs, signal)
    tick()
  }
  const followed = clock()
  const stoppedAtMs = followed === null ? reached(state) : Math.min(simulatedAt(followed, now()), toMs)
  await stateFile.write({ ...state, clock: followed, stoppedAtMs })
  return stoppedAtMs
}

/** Simulated time that the replay has come to, where no clock says it. */
export function reached({ fromMs, position }: Pick<ProducerState, 'fromMs' | 'position'>): number {
  return position === null ? fromMs : Date.parse(position.time)
}
