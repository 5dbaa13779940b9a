import type uPlot from 'uplot'

export interface Series {
  readonly label: string
  /** Name of a CSS variable. */
  readonly color: string
  readonly values: readonly (number | null)[]
  readonly dash?: readonly number[]
}

/** A span of time without data, in seconds since the epoch, and why it is empty. */
export interface Band {
  readonly from: number
  readonly to: number
  readonly words: string
}

/** Samples come every two seconds; further apart than this something is missing. */
const gapSeconds = 8

/** A gap is a gap: an empty sample stands in it, so that no line is drawn across. */
export function dataOf(times: readonly number[], series: readonly Series[]): uPlot.AlignedData {
  const xs: number[] = []
  const ys: (number | null)[][] = series.map(() => [])
  for (const [i, t] of times.entries()) {
    const before = times[i - 1]
    if (before !== undefined && t - before > gapSeconds) {
      xs.push(before + 1)
      for (const values of ys) values.push(null)
    }
    xs.push(t)
    for (const [s, one] of series.entries()) ys[s]!.push(one.values[i] ?? null)
  }
  return [xs, ...ys]
}

/** The right edge is the newest sample, unless that is old: then it is now. */
export function edgeOf(times: readonly number[], nowSeconds: number): number {
  const last = times.at(-1)
  return last === undefined || nowSeconds - last > gapSeconds ? nowSeconds : last
}

/** Where there is nothing to draw, and what is known of why. */
export function bandsOf(
  times: readonly number[],
  series: readonly Series[],
  from: number,
  to: number
): readonly Band[] {
  const bands: Band[] = []
  const add = (start: number, end: number, words: string): void => {
    if (end > from && end - start > gapSeconds) bands.push({ from: Math.max(from, start), to: end, words })
  }
  const first = times[0]
  if (first === undefined) return [{ from, to, words: 'no data yet' }]
  add(from, first, `no data before ${minute(first)}`)
  let emptySince: number | null = null
  for (const [i, t] of times.entries()) {
    const before = times[i - 1]
    if (before !== undefined && t - before > gapSeconds) add(before, t, `no data ${minute(before)} to ${minute(t)}`)
    const isEmpty = series.every(({ values }) => (values[i] ?? null) === null)
    if (isEmpty) emptySince ??= before ?? t
    if (emptySince === null || (isEmpty && i < times.length - 1)) continue
    add(emptySince, t, `not measured ${minute(emptySince)} to ${minute(t)}`)
    emptySince = null
  }
  const last = times.at(-1)!
  add(last, to, `no data since ${minute(last)}`)
  return bands
}

function minute(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(11, 19)}Z`
}
