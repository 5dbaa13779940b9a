import type { Live } from './live.ts'

type Freshness = {
  readonly text: string
  readonly state: 'live' | 'slow' | 'lost' | 'paused'
  readonly aged: boolean
}

/** The live chip in words. */
export function freshness(
  { arrivedMs, connected, lostMs, skipped, pausedMs, waiting, snapshot }: Live,
  nowMs: number,
  clock: (ms: number) => string
): Freshness {
  if (pausedMs !== null) return { text: `Paused at ${clock(pausedMs)} · ${waiting} new`, state: 'paused', aged: true }
  if (arrivedMs === null)
    return { text: lostMs === null ? 'Connecting' : `No console since ${clock(lostMs)}`, state: 'lost', aged: false }
  const age = Math.max(0, nowMs - arrivedMs)
  if (lostMs !== null && nowMs - lostMs > 30_000)
    return { text: `Offline since ${clock(lostMs)}`, state: 'lost', aged: true }
  if (!connected || age > 5_000)
    return { text: `Reconnecting, last update ${clock(arrivedMs)}`, state: 'lost', aged: true }
  const behind = snapshot === null ? 0 : snapshot.behind
  if (behind > 5_000)
    return { text: `Slow: ${behind.toLocaleString('en-US')} records behind`, state: 'slow', aged: false }
  if (skipped > 0 && age > 2_500)
    return {
      text: `Slow: ${(age / 1_000).toFixed(0)} s behind, ${skipped} updates skipped`,
      state: 'slow',
      aged: false
    }
  return { text: `Live ${(age / 1_000).toFixed(1)} s`, state: 'live', aged: false }
}
