/** How fast each API key may send. */
export interface Quota {
  /** Takes room for so many events of a key: 0, or the seconds after which to try again. */
  take(keyId: string, events: number): number
}

export interface QuotaOptions {
  /** 0: no quota. */
  readonly eventsPerSecond: number
  /** What a key that was quiet may send at once; at least as much as one request may carry. */
  readonly burst: number
  readonly now: () => number
}

/** A token bucket per key, refilled evenly. A request is taken as a whole or not at all. */
export function createQuota({ eventsPerSecond, burst, now }: QuotaOptions): Quota {
  const buckets = new Map<string, { tokens: number; atMs: number }>()
  return {
    take(keyId, events) {
      if (eventsPerSecond === 0) return 0
      const atMs = now()
      const bucket = buckets.get(keyId) ?? { tokens: burst, atMs }
      const refilled = bucket.tokens + (Math.max(0, atMs - bucket.atMs) / 1000) * eventsPerSecond
      const tokens = Math.min(burst, refilled)
      const missing = events - tokens
      buckets.set(keyId, { tokens: missing > 0 ? tokens : tokens - events, atMs })
      return missing > 0 ? missing / eventsPerSecond : 0
    }
  }
}
