/* What the trace of one event says. JSON: offsets are texts, times are milliseconds since the epoch. */

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
