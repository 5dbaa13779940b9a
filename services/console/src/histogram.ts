/** Cumulative counts by upper bound in seconds, ascending; the last bound is Infinity. */
export type Buckets = readonly (readonly [bound: number, count: number])[]

/** What was observed between two readings of the same histogram; a restart in between counts from zero. */
export function observedBetween(before: Buckets | undefined, after: Buckets): Buckets {
  const restarted = before === undefined || totalOf(after) < totalOf(before)
  if (restarted) return after
  return after.map(([bound, count], i) => [bound, count - (before[i]?.[1] ?? 0)] as const)
}

/** Percentiles are never averaged: the buckets are added up first. */
export function mergeBuckets(all: readonly Buckets[]): Buckets {
  const [first] = all
  if (first === undefined) return []
  return first.map(([bound], i) => [bound, all.reduce((sum, buckets) => sum + (buckets[i]?.[1] ?? 0), 0)] as const)
}

/**
 * The value that the share `q` of the observations is at most, linear within its bucket, in seconds. Infinity: above the
 * highest bound, so only `ceilingOf` is known. Null: nothing was observed.
 */
export function quantile(buckets: Buckets, q: number): number | null {
  const count = totalOf(buckets)
  if (count <= 0) return null
  const wanted = q * count
  let lower = 0
  let below = 0
  for (const [bound, upTo] of buckets) {
    if (upTo >= wanted) {
      if (bound === Infinity) return Infinity
      return upTo === below ? bound : lower + ((bound - lower) * (wanted - below)) / (upTo - below)
    }
    lower = bound
    below = upTo
  }
  return Infinity
}

/** The highest finite bound. */
export function ceilingOf(buckets: Buckets): number | null {
  return buckets.findLast(([bound]) => bound !== Infinity)?.[0] ?? null
}

/** How many were observed. */
export function totalOf(buckets: Buckets): number {
  return buckets.at(-1)?.[1] ?? 0
}
