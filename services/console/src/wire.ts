/** What the server tells the page, as JSON. Offsets are texts, times are milliseconds since the epoch. */

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
  readonly versions: { readonly flights: number; readonly letters: number; readonly storage: number }
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

export interface LetterSummary {
  /** `events.dlq/3@1204` */
  readonly at: string
  readonly atMs: number
  readonly reason: string
  readonly pointer: string
  readonly message: string
  /** What was expected, in words. */
  readonly rule: string
  readonly type: string | null
  readonly contract: string | null
  readonly producer: string | null
  readonly eventId: string | null
  readonly origin: string | null
}

export interface LetterGroup {
  readonly key: string
  readonly reason: string
  readonly type: string | null
  readonly pointer: string
  readonly rule: string
  readonly producer: string | null
  readonly count: number
  readonly firstMs: number
  readonly lastMs: number
  /** Per minute, the last 60, newest last. */
  readonly spark: readonly number[]
}

export interface LettersPage {
  readonly sinceMs: number
  readonly total: number
  readonly repeats: number
  readonly events: number
  readonly lastHour: number
  readonly eventsLastHour: number
  readonly oldestInHourMs: number | null
  readonly minuteMs: number
  readonly byReason: readonly { readonly reason: string; readonly spark: readonly number[] }[]
  readonly groups: readonly LetterGroup[]
  readonly letters: readonly LetterSummary[]
  readonly repeatsList: readonly LetterSummary[]
}

/** Where a value is in the bytes, in UTF-16 units of `text`. */
export interface Finding {
  readonly kind: 'value' | 'missing' | 'not json' | 'not utf-8' | 'whole'
  readonly from: number
  readonly to: number
  /** At the end of the line: `found 1048, at most 250`. */
  readonly note: string
}

export interface LetterDetail {
  readonly letter: LetterSummary
  /** The original value; null where it is no text. */
  readonly text: string | null
  readonly hex: readonly string[] | null
  readonly bytes: number
  readonly finding: Finding
  readonly headers: readonly (readonly [string, string])[]
  readonly key: string | null
  readonly rule: string | null
  readonly ruleKeyword: string | null
  readonly contractFile: string | null
  readonly advice: string
  readonly lake: string | null
  readonly commands: readonly { readonly label: string; readonly command: string }[]
}

export interface FlightRow {
  readonly id: string
  readonly carrier: string
  readonly number: string
  readonly origin: string
  readonly destination: string
  readonly scheduledDeparture: string
  readonly scheduledArrival: string | null
  readonly risk: number | null
  readonly riskWhy: string
  readonly status: 'scheduled' | 'departed' | 'landed' | 'cancelled' | 'diverted'
  readonly departedAt: string | null
  readonly landedAt: string | null
  readonly arrivalDelayMinutes: number | null
  readonly departureDelayMinutes: number | null
  readonly model: string | null
}

export interface Airport {
  readonly code: string
  readonly next: readonly FlightRow[]
  readonly air: readonly FlightRow[]
  readonly landed: readonly FlightRow[]
}

export interface CalibrationBin {
  readonly from: number
  readonly to: number
  readonly flights: number
  readonly late: number
  readonly meanRisk: number
  readonly low: number
  readonly high: number
}

export interface DayQuality {
  readonly day: string
  readonly auc: number | null
  readonly low: number | null
  readonly high: number | null
  readonly judged: number
  readonly late: number
  readonly cancelled: number
  readonly diverted: number
  readonly open: number
}

export interface FlightsPage {
  readonly simMs: number | null
  /** Null: the board is live. */
  readonly boardProblem: string | null
  readonly boardAtMs: number | null
  readonly airports: readonly Airport[]
  readonly bins: readonly CalibrationBin[]
  readonly days: readonly DayQuality[]
  readonly judged: number
  readonly late: number
  readonly cancelled: number
  readonly diverted: number
  readonly unscored: number
  readonly auc: number | null
  readonly aucLow: number | null
  readonly aucHigh: number | null
  readonly model: string | null
  /** Only flights scheduled to arrive before this are judged; cohorts are whole. */
  readonly cohortMs: number | null
  readonly cohortOpen: number
}

export interface FieldRow {
  readonly name: string
  readonly depth: number
  readonly type: string
  readonly required: boolean
  readonly meaning: string
  readonly personal: string
  readonly example: string
  readonly readBy: string
  readonly refused: number
}

export interface ContractPage {
  readonly type: string
  readonly version: string
  readonly title: string
  readonly description: string
  readonly owner: string
  readonly key: string
  readonly table: string
  readonly topic: string
  readonly window: string
  readonly enrichment: string | null
  readonly producers: readonly string[]
  readonly readers: readonly string[]
  readonly file: string
  readonly fields: readonly FieldRow[]
  readonly example: string
  readonly command: string
  readonly perMinute: number | null
  readonly refusedShare: number | null
  readonly seen: number
  readonly lastSeenMs: number | null
}

export interface CommitRow {
  readonly version: number
  readonly atMs: number
  readonly rows: number
  readonly bytes: number
  readonly files: number
}

export interface TableRow {
  readonly name: string
  readonly title: string
  /** Null: not read yet; -1: there is no such table. */
  readonly version: number | null
  readonly rows: number | null
  readonly files: number | null
  readonly bytes: number | null
  readonly medianBytes: number | null
  readonly smallTenthBytes: number | null
  readonly lastCommitMs: number | null
  readonly commitsPerMinute: number | null
  readonly newestEvent: string | null
  /** Files per power of two from 1 KiB to 1 GiB. */
  readonly histogram: readonly number[]
  readonly commits: readonly CommitRow[]
  readonly days: readonly {
    readonly day: string
    readonly rows: number
    readonly files: number
    readonly bytes: number
  }[]
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly problem: string | null
}

export interface StoragePage {
  readonly atMs: number | null
  readonly problem: string | null
  readonly bucket: string
  readonly tables: readonly TableRow[]
  /** Everything accepted before this is queryable; null: not known. */
  readonly queryableMs: number | null
  readonly windowMs: number
}

export interface Hop {
  readonly box: string
  /** done · refused · coming · never */
  readonly state: 'done' | 'refused' | 'coming' | 'never' | 'unknown'
  readonly what: string
  readonly atMs: number | null
  /** Since the hop before; negative where two clocks differ. */
  readonly deltaMs: number | null
  readonly expected: string | null
  readonly note: string | null
  readonly where: readonly { readonly label: string; readonly value: string }[]
  readonly details: readonly (readonly [string, string])[]
}

export interface Journey {
  readonly query: string
  readonly eventId: string | null
  readonly type: string | null
  readonly verdict: string
  readonly outcome: 'landed' | 'on its way' | 'refused' | 'repeat' | 'not found'
  readonly hops: readonly Hop[]
  /** What was looked at, in order. */
  readonly searched: readonly string[]
  readonly event: string | null
  readonly model: {
    readonly name: string
    readonly version: string
    readonly probability: number
    readonly inputs: readonly { readonly name: string; readonly pointer: string; readonly value: string }[]
  } | null
  readonly command: string
  readonly tookMs: number
}
