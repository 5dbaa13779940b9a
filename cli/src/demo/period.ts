/** What is replayed: event times from `from` up to `to`, both midnight UTC, `2013-09-01`. */
export interface Period {
  readonly from: string
  readonly to: string
  readonly days: number
}

const dayMs = 86_400_000

/** Throws with a sentence for the user. The data ends with 2013. */
export function periodOf(from: string, days: number): Period {
  const start = Date.parse(`${from}T00:00:00Z`)
  if (!/^2013-\d\d-\d\d$/.test(from) || Number.isNaN(start)) throw new Error(`--from ${from}: expected a day of 2013`)
  if (!Number.isInteger(days) || days < 1 || days > 366)
    throw new Error(`--days ${days}: expected a whole number from 1 to 366`)
  return { from, to: new Date(start + days * dayMs).toISOString().slice(0, 10), days }
}
