/** Why a record became a dead letter. A closed list; `docs/dead-letters.md` explains each. */
export const rejectReasons = [
  'null_value',
  'parse',
  'envelope',
  'key',
  'unknown_type',
  'unknown_version',
  'contract',
  'clock_skew',
  'too_large',
  'too_large_after_enrichment',
  'headers',
  'bug'
] as const

/** One of `rejectReasons`. */
export type RejectReason = (typeof rejectReasons)[number]

/** What is wrong with one piece of data, and where. */
export interface Problem {
  readonly reason: RejectReason
  /** JSON pointer (RFC 6901) to the offending value within the event; `` is the event itself. */
  readonly pointer: string
  /** One sentence: the thing, what was expected and what was found. Never the value itself, it may be personal. */
  readonly message: string
}

/** What can go wrong with data travels as a value; what goes wrong with the world is thrown. */
export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem }

export function ok<T>(value: T): Checked<T> {
  return { ok: true, value }
}

export function reject(
  reason: RejectReason,
  pointer: string,
  message: string
): { readonly ok: false; readonly problem: Problem } {
  return { ok: false, problem: { reason, pointer, message } }
}
