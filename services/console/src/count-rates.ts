const windowMs = 10_000
const staleMs = 5_000

/** Rates out of running counts, over the last 10 s. */
export interface Rates {
  /** Null: not known at this moment. A count that went back begins anew. */
  note(name: string, count: number | null): void
  /** Per second; null: not measured for long enough. */
  of(name: string): number | null
  forget(...names: readonly string[]): void
}

export function createRates(now: () => number): Rates {
  const counted = new Map<string, { atMs: number; count: number }[]>()
  return {
    note(name, count) {
      if (count === null) return
      const samples = counted.get(name) ?? []
      if ((samples.at(-1)?.count ?? 0) > count) samples.length = 0
      samples.push({ atMs: now(), count })
      while ((samples[0]?.atMs ?? 0) < now() - windowMs - 500) samples.shift()
      counted.set(name, samples)
    },
    of(name) {
      const samples = counted.get(name) ?? []
      const first = samples[0]
      const last = samples.at(-1)
      if (first === undefined || last === undefined || last.atMs - first.atMs < 1_500) return null
      // What was counted a while ago says nothing of now.
      if (now() - last.atMs > staleMs) return null
      return Math.max(0, ((last.count - first.count) * 1_000) / (last.atMs - first.atMs))
    },
    forget(...names) {
      for (const name of names) counted.delete(name)
    }
  }
}
