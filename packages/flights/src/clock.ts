/** The simulated clock: `sim = simEpoch + speed × (now − wallEpoch)`. Milliseconds since 1970. */
export interface Clock {
  readonly simEpochMs: number
  readonly wallEpochMs: number
  /** Simulated seconds per second; 0: time stands still. */
  readonly speed: number
}

/** Key of the clock's record in platform.control; the newest one holds. */
export const clockKey = 'clock'

/** What the simulated clock shows at a moment of the real one. */
export function simulatedAt(clock: Clock, wallMs: number): number {
  return clock.simEpochMs + clock.speed * (wallMs - clock.wallEpochMs)
}

/** When the simulated clock shows, or showed, that; infinite where it never does. */
export function wallAt(clock: Clock, simulatedMs: number): number {
  const ahead = simulatedMs - clock.simEpochMs
  return ahead === 0 ? clock.wallEpochMs : clock.wallEpochMs + ahead / clock.speed
}

/** The record: `{"simEpoch":"2013-09-01T00:00:00.000Z","wallEpoch":"2026-01-31T12:00:00.000Z","speed":600}`. */
export function encodeClock({ simEpochMs, wallEpochMs, speed }: Clock): string {
  return JSON.stringify({ simEpoch: iso(simEpochMs), wallEpoch: iso(wallEpochMs), speed })
}

/** Null where the bytes are no such record. */
export function decodeClock(record: Uint8Array | string): Clock | null {
  const { simEpoch, wallEpoch, speed } = parse(typeof record === 'string' ? record : Buffer.from(record).toString())
  if (typeof simEpoch !== 'string' || typeof wallEpoch !== 'string' || typeof speed !== 'number') return null
  const clock = { simEpochMs: Date.parse(simEpoch), wallEpochMs: Date.parse(wallEpoch), speed }
  return Number.isFinite(clock.simEpochMs + clock.wallEpochMs + speed) && speed >= 0 ? clock : null
}

function parse(text: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(text) as Record<string, unknown>) }
  } catch {
    return {}
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
