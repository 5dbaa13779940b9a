/* What the page of dead letters asks for. JSON: offsets are texts, times are milliseconds since the epoch. */

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
  /** Sends an event that will be refused; null: no contract has an example to spoil. */
  readonly tryCommand: string | null
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
  /** How the letter itself comes back once its cause is mended; null: it does not, its sender sends a new event. */
  readonly replay: string | null
  readonly lake: string | null
  readonly commands: readonly { readonly label: string; readonly command: string }[]
}
