/* What the server tells every page once a second, and what happens in between. JSON: offsets are texts, times are milliseconds since the epoch. */

import type { LetterSummary } from './letters.ts'

/** The closed list of states, the worst first. */
export const stateWords = ['down', 'refused', 'at risk', 'waiting', 'unknown', 'ready', 'idle'] as const
export type StateWord = (typeof stateWords)[number]

export interface Box {
  readonly name: string
  readonly kind: 'service' | 'part'
  readonly state: StateWord
  /** In the service's own words; empty: nothing to say. */
  readonly why: string
  readonly sinceMs: number
  /** Events per second that leave it, over 10 s; null: not measured. */
  readonly rate: number | null
  /** Seconds over the last 60 s; null: nothing measured. */
  readonly p50: number | null
  readonly p99: number | null
  /** How many the percentiles are of. */
  readonly samples: number
  /** Which step the percentiles are of. */
  readonly step: string | null
  /** Highest bucket of the histogram, seconds: a percentile above it is only known to be more. */
  readonly ceiling: number | null
  readonly rejectedPerMinute: number | null
  readonly version: string | null
  /** Age of the last answer. */
  readonly answeredMs: number | null
}

/** What came in must be somewhere. Every term is read by itself; what is left over is `unaccounted`. */
export interface Account {
  readonly sinceMs: number
  /** When all of it held. */
  readonly atMs: number
  /** Whether the log is counted from its very beginning. */
  readonly whole: boolean
  readonly raw: number
  readonly enriched: number
  readonly deadLetters: number
  readonly repeats: number
  /** Raw records beyond the enricher's position. */
  readonly inFlight: number
  readonly unaccounted: number | null
  readonly unaccountedSinceMs: number | null
  /** Share of the log that is read, while catching up. */
  readonly progress: number
}

export interface Topic {
  readonly role: 'raw' | 'enriched' | 'dlq'
  readonly name: string
  readonly partitions: number
  readonly retentionMs: number
  /** Records per second appended, over 10 s. */
  readonly rate: number | null
  /** Age of the oldest record that is kept. */
  readonly oldestMs: number | null
  readonly records: number | null
  readonly readers: readonly Reader[]
}

export interface Reader {
  readonly name: string
  readonly topic: string
  readonly unread: number | null
  /** Age of the oldest unread event; 0: nothing is unread. */
  readonly oldestUnreadMs: number | null
  readonly trend: 'falling behind' | 'steady' | 'catching up' | 'caught up' | null
  /** Null: no write rate yet; Infinity does not travel, so never = 'never'. */
  readonly lossMs: number | 'never' | null
  readonly worstPartition: number | null
  /** What is normal for this reader. */
  readonly windowMs: number
}

export interface ShownClock {
  readonly simMs: number
  readonly speed: number
  readonly source: 'clock' | 'newest event'
  readonly ended: boolean
}

/** One point of the history, every two seconds. */
export interface Point {
  readonly t: number
  readonly enriched: number | null
  readonly deadLetters: number | null
  readonly repeats: number | null
  readonly raw: number | null
  readonly redisP50: number | null
  readonly redisP99: number | null
  readonly lakeP50: number | null
  readonly lakeP99: number | null
}

export interface Source {
  readonly name: 'kafka' | 'redis' | 's3'
  /** Null: it answers. */
  readonly problem: string | null
  readonly sinceMs: number
}

/** The state of everything, once a second; the newest replaces the older. */
export interface Snapshot {
  readonly boot: string
  readonly atMs: number
  readonly startedMs: number
  readonly sentence: string
  readonly worst: StateWord
  readonly troubles: readonly string[]
  readonly boxes: readonly Box[]
  readonly account: Account | null
  readonly topics: readonly Topic[]
  readonly clock: ShownClock | null
  readonly sources: readonly Source[]
  readonly point: Point | null
  readonly deadLettersLastHour: number
  /** Records that the console itself has not read yet. */
  readonly behind: number
}

/** Numbered messages; none is left out silently. */
export type LiveEvent =
  | {
      readonly kind: 'change'
      readonly atMs: number
      readonly box: string
      readonly from: StateWord
      readonly to: StateWord
      readonly why: string
    }
  | { readonly kind: 'letter'; readonly letter: LetterSummary }
