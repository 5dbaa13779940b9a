import { RefusedError } from '@sluice/events'
import { readEventRange } from './event-range.ts'
import { openStateFile, type ProducerState, type StateFile } from './state-file.ts'

export interface Replay {
  /** Event times, milliseconds since 1970. */
  readonly fromMs: number
  readonly toMs: number
  readonly stateFile: StateFile
  /** Of the state file. */
  readonly state: ProducerState
  /** Whether there was a state file at all. */
  readonly isFirstStart: boolean
}

/** Finds out where a replay stands. Throws RefusedError where settings or state file do not allow it. */
export async function openReplay(settings: {
  readonly FROM: string
  readonly TO: string
  readonly STATE_DIR: string
}): Promise<Replay> {
  const { fromMs, toMs } = readEventRange(settings.FROM, settings.TO)
  const stateFile = await openStateFile(settings.STATE_DIR)
  const stored = await stateFile.read()
  if (stored !== null && stored.fromMs !== fromMs) {
    const expected = new Date(stored.fromMs).toISOString().slice(0, 10)
    throw new RefusedError([
      `FROM: expected ${expected} as in ${stateFile.path}, found ${settings.FROM}; remove that file to begin again`
    ])
  }
  const state = stored ?? { fromMs, position: null, clock: null, stoppedAtMs: null }
  return { fromMs, toMs, stateFile, state, isFirstStart: stored === null }
}
