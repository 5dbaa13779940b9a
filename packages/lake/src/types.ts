import type { Column, ColumnType } from '@sluice/contracts'

/** What a column of a bronze table may hold: a contract's types, and bytes. */
export type LakeType = ColumnType | { readonly kind: 'binary' }

export interface LakeColumn {
  readonly name: string
  readonly type: LakeType
  readonly nullable: boolean
}

/** A bronze table, and how its rows are read from spooled lines of JSON. */
export interface TableSpec {
  /** Also its folder below the lake's prefix. */
  readonly name: string
  readonly title: string
  /** In order; the partition column `event_date` last. */
  readonly columns: readonly LakeColumn[]
  /** What one spooled line declares. */
  readonly line: readonly Column[]
  /** SQL over a line, for each column. */
  readonly expressions: Readonly<Record<string, string>>
  /** SQL over a line: a row for which it does not hold may not be loaded. */
  readonly isValid: string
  readonly sortBy: readonly string[]
}

/** Where a row came from: a record of Kafka. */
export interface RowOrigin {
  readonly partition: number
  readonly offset: bigint
}

/** A Parquet file on local disk, and what the Delta log says of it. */
export interface DataFile {
  readonly localPath: string
  /** `2013-09-01`, UTC. */
  readonly eventDate: string
  readonly rows: number
  readonly bytes: number
  /** JSON of the Delta protocol's per-file statistics. */
  readonly stats: string
}
