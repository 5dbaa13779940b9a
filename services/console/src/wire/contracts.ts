/* What the page of contracts asks for. JSON: offsets are texts, times are milliseconds since the epoch. */

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
  readonly refused: number
  readonly refusedShare: number | null
  readonly seen: number
  readonly lastSeenMs: number | null
}
