import { observedBetween, type Buckets } from './histogram.ts'
import type { Sample } from './read-metrics.ts'

/** What one reading of a service's `/metrics` says. */
export interface Reading {
  readonly atMs: number
  /** Sums of counters by name without `sluice_` and `_total`: `sent`, `received`, `rejected`, `rows`, … */
  readonly counters: ReadonlyMap<string, number>
  /** Counters by event type: `sent flight.landed.v1`. */
  readonly byType: ReadonlyMap<string, number>
  /** `latency durable`, `batch predict` */
  readonly histograms: ReadonlyMap<string, Buckets>
  /** Unread data records by `topic/partition`. */
  readonly lag: ReadonlyMap<string, number>
}

export function takeReading(atMs: number, samples: readonly Sample[]): Reading {
  const counters = new Map<string, number>()
  const byType = new Map<string, number>()
  const histograms = new Map<string, [number, number][]>()
  const lag = new Map<string, number>()
  for (const { name, labels, value } of samples) {
    const counter = /^sluice_(\w+)_total$/.exec(name)?.[1]
    const histogram = /^sluice_(latency|batch)_seconds_bucket$/.exec(name)?.[1]
    if (counter !== undefined) {
      add(counters, counter, value)
      if (labels['type'] !== undefined) add(byType, `${counter} ${labels['type']}`, value)
    } else if (histogram !== undefined) {
      const key = `${histogram} ${labels['step'] ?? ''}`
      const buckets = histograms.get(key) ?? []
      buckets.push([labels['le'] === '+Inf' ? Infinity : Number(labels['le']), value])
      histograms.set(key, buckets)
    } else if (name === 'sluice_lag_records') {
      lag.set(`${labels['topic']}/${labels['partition']}`, value)
    }
  }
  for (const buckets of histograms.values()) buckets.sort((a, b) => a[0] - b[0])
  return { atMs, counters, byType, histograms, lag }
}

/** The readings of one service over the last minute, one a second. */
export class Figures {
  readonly #readings: Reading[] = []

  add(reading: Reading): void {
    this.#readings.push(reading)
    while ((this.#readings[0]?.atMs ?? 0) < reading.atMs - 62_000) this.#readings.shift()
  }

  /** Nothing measured before a restart or an outage may speak for now. */
  clear(): void {
    this.#readings.length = 0
  }

  get last(): Reading | undefined {
    return this.#readings.at(-1)
  }

  /** Per second over the last `windowMs`; null: not measured for long enough, or the counter does not exist. */
  rate(pick: (reading: Reading) => number | undefined, windowMs = 10_000): number | null {
    const last = this.#readings.at(-1)
    if (last === undefined) return null
    const used = this.#readings.filter(({ atMs }) => atMs >= last.atMs - windowMs - 500)
    const spanMs = last.atMs - (used[0]?.atMs ?? last.atMs)
    if (spanMs < 1_500 || pick(last) === undefined) return null
    let sum = 0
    for (const [i, reading] of used.entries()) {
      const before = used[i - 1]
      if (before === undefined) continue
      const step = (pick(reading) ?? 0) - (pick(before) ?? 0)
      // A counter that went back belongs to a new process: all of it is new.
      sum += step >= 0 ? step : (pick(reading) ?? 0)
    }
    return (sum * 1_000) / spanMs
  }

  /** Whether the counter moved within the window; null: it did not, but was not watched for that long. */
  moved(pick: (reading: Reading) => number | undefined, windowMs: number): boolean | null {
    const rate = this.rate(pick, windowMs)
    const watchedMs = (this.#readings.at(-1)?.atMs ?? 0) - (this.#readings[0]?.atMs ?? 0)
    return rate !== null && rate > 0 ? true : watchedMs < windowMs - 3_000 ? null : rate === null ? null : false
  }

  /** What a histogram observed over the last 60 s. */
  observed(key: string): Buckets {
    const last = this.#readings.at(-1)?.histograms.get(key)
    return last === undefined ? [] : observedBetween(this.#readings[0]?.histograms.get(key), last)
  }
}

function add(into: Map<string, number>, key: string, value: number): void {
  into.set(key, (into.get(key) ?? 0) + value)
}
