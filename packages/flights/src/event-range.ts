import { RefusedError } from '@sluice/events'

/** The settings FROM and TO, dates in UTC, as a range of event times. Throws RefusedError where they are none. */
export function readEventRange(from: string, to: string): { readonly fromMs: number; readonly toMs: number } {
  const problems: string[] = []
  for (const [name, date] of Object.entries({ FROM: from, TO: to })) {
    if (!isDate(date)) problems.push(`${name}: expected a date such as 2013-09-01, found ${date}`)
  }
  if (problems.length === 0 && from >= to) problems.push(`TO: expected a date after FROM, ${from}, found ${to}`)
  if (problems.length > 0) throw new RefusedError(problems)
  return { fromMs: Date.parse(from), toMs: Date.parse(to) }
}

function isDate(text: string): boolean {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
}

/** The setting SPEED: simulated seconds per second; null for `max`, which follows no clock. */
export function readSpeed(text: string): number | null {
  if (text === 'max') return null
  const speed = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && speed > 0 && speed <= 10_000_000) return speed
  throw new RefusedError([`SPEED: expected simulated seconds per second above 0, or max, found ${text}`])
}
