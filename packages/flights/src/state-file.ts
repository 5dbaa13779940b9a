import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { RefusedError } from '@sluice/events'
import { decodeClock, encodeClock, type Clock } from './clock.ts'
import type { EventPosition } from './derive-events.ts'

/** What a producer remembers. */
export interface ProducerState {
  /** Event time that the replay began at, milliseconds since 1970. */
  readonly fromMs: number
  /** The last event of which it and all before it are acknowledged or refused; null: none yet. */
  readonly position: EventPosition | null
  /** The clock in force when this was written; null: none is followed. */
  readonly clock: Clock | null
  /** Simulated time of a clean stop; null: it runs, or has crashed. */
  readonly stoppedAtMs: number | null
}

export interface StateFile {
  readonly path: string
  /** Null: nothing was ever written. */
  read(): Promise<ProducerState | null>
  /** Durable when it resolves: a crash leaves the old file or the new one, whole. */
  write(state: ProducerState): Promise<void>
}

/** The state file within a folder, which is made if missing. Throws RefusedError where that cannot be used. */
export async function openStateFile(folder: string): Promise<StateFile> {
  const path = join(folder, 'state.json')
  await mkdir(folder, { recursive: true }).catch((cause: Error) => {
    throw new RefusedError([`${folder}: expected a folder to write to, found ${cause.message}`], { cause })
  })

  async function read(): Promise<ProducerState | null> {
    const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return null
      throw new RefusedError([`${path}: expected a readable file, found ${cause.message}`], { cause })
    })
    if (text === null) return null
    const state = decodeState(text)
    if (state === null)
      throw new RefusedError([`${path}: expected the state of a producer, found ${text.slice(0, 80)}`])
    return state
  }

  async function write(state: ProducerState): Promise<void> {
    const next = `${path}.next`
    const file = await open(next, 'w')
    try {
      await file.writeFile(encodeState(state))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(next, path)
    await syncFolder(folder)
  }

  return { path, read, write }
}

function encodeState({ fromMs, position, clock, stoppedAtMs }: ProducerState): string {
  const record: unknown = clock === null ? null : JSON.parse(encodeClock(clock))
  const stoppedAt = stoppedAtMs === null ? null : new Date(stoppedAtMs).toISOString()
  return `${JSON.stringify({ version: 1, from: new Date(fromMs).toISOString(), position, clock: record, stoppedAt })}\n`
}

function decodeState(text: string): ProducerState | null {
  try {
    const { version, from, position, clock, stoppedAt } = JSON.parse(text) as Record<string, unknown>
    const state = {
      fromMs: Date.parse(from as string),
      position: position as EventPosition | null,
      clock: clock === null ? null : decodeClock(JSON.stringify(clock)),
      stoppedAtMs: stoppedAt === null ? null : Date.parse(stoppedAt as string)
    }
    const whole = version === 1 && !Number.isNaN(state.fromMs) && !Number.isNaN(state.stoppedAtMs)
    const clockRead = clock === null || state.clock !== null
    return whole && clockRead && isPosition(position) ? state : null
  } catch {
    return null
  }
}

function isPosition(value: unknown): boolean {
  if (value === null) return true
  if (typeof value !== 'object') return false
  const { time, type, id } = value as Record<string, unknown>
  return typeof time === 'string' && typeof type === 'string' && typeof id === 'string'
}

/** A rename is durable only once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
