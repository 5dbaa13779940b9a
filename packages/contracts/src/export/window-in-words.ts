import type { TimeWindow } from '../types.ts'

/** Event times that a contract allows, for a person. */
export function windowInWords(window: TimeWindow): string {
  if (window.kind === 'absolute')
    return `from ${new Date(window.fromMs).toISOString()} to ${new Date(window.toMs).toISOString()}`
  return `from ${duration(window.pastMs)} before to ${duration(window.futureMs)} after the collector took the event`
}

function duration(ms: number): string {
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000]
  ] as const) {
    if (ms % size === 0) return `${ms / size} ${unit}`
  }
  return `${ms / 1000} s`
}
