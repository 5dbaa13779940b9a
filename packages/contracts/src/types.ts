import type { Checked } from '@sluice/events'

/** One event type: everything that a service needs to know of it, decided by one file in schemas/. */
export interface Contract {
  /** `flight.scheduled.v1` */
  readonly type: string
  /** `flight.scheduled` */
  readonly name: string
  readonly major: number
  readonly minor: number
  /** `1.0` */
  readonly version: string
  /** `urn:sluice:flight.scheduled:1.0` */
  readonly dataschema: string
  /** `urn:sluice:flight.scheduled.enriched:1.0` */
  readonly enrichedDataschema: string
  readonly title: string
  readonly description: string
  readonly owner: string
  /** Bronze table, `flight_scheduled_v1`. */
  readonly table: string
  /** JSON pointer into `data`. */
  readonly keyPointer: string
  readonly window: TimeWindow
  /** Null: events of this type pass without enrichment. */
  readonly enrichment: EnrichmentPolicy | null
  /** Columns of `data` in the lake, in schema order; the `enrichment` column last where there is a policy. */
  readonly columns: readonly Column[]
  /** The JSON Schema of `data`, as in the file. */
  readonly schema: object
  /** Says whether `data` holds to the contract, pointer relative to the event (`/data/…`). */
  readonly checkData: (data: unknown) => Checked<unknown>
  /** The Kafka key, or null where the pointer yields no string of 1 to 256 bytes. */
  readonly keyOf: (data: unknown) => string | null
}

/** Event times that the contract allows: absolute, or relative to receivedtime in milliseconds. */
export type TimeWindow =
  | { readonly kind: 'absolute'; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'relative'; readonly pastMs: number; readonly futureMs: number }

export interface EnrichmentPolicy {
  /** Model name, `arrival-delay`; the property within `enrichment` is the same with underscores. */
  readonly model: string
  readonly property: string
  /** What happens to an event while the model is away: its partition waits, or it passes with `enrichment: null`. */
  readonly onOutage: 'wait' | 'pass'
}

export interface Column {
  readonly name: string
  readonly type: ColumnType
  readonly nullable: boolean
}

/** Neutral column types; packages/lake maps them to DuckDB and Delta. */
export type ColumnType =
  | { readonly kind: 'string' | 'long' | 'integer' | 'double' | 'boolean' | 'timestamp' | 'date' }
  | { readonly kind: 'list'; readonly element: ColumnType }
  | { readonly kind: 'struct'; readonly fields: readonly Column[] }

/**
 * Which fields of events someone reads, by event type (`*`: every type): JSON pointers into `data`, the empty one for
 * all of it.
 */
export type Reads = Readonly<Record<string, readonly string[]>>

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  readonly replication: number
  readonly cleanupPolicy: 'delete' | 'compact'
  readonly retentionMs: number
  readonly retentionBytes: number
  readonly maxMessageBytes: number
  /** LogAppendTime on every topic of ours. */
  readonly timestampType: 'LogAppendTime'
}

/** schemas/topics.yaml: the four topics by their role. */
export interface Topics {
  readonly raw: TopicSpec
  readonly enriched: TopicSpec
  readonly dlq: TopicSpec
  readonly control: TopicSpec
}

export interface Contracts {
  readonly all: readonly Contract[]
  readonly topics: Topics
  /** By `flight.scheduled.v1`. */
  readonly byType: (type: string) => Contract | undefined
}
