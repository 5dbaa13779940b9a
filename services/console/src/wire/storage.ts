/* What the page of the lake asks for. JSON: offsets are texts, times are milliseconds since the epoch. */

export interface CommitRow {
  readonly version: number
  readonly atMs: number
  readonly rows: number
  readonly bytes: number
  readonly files: number
  /** From the beginning of the work on it, files included; null: the commit does not say. */
  readonly tookMs: number | null
  /** How often a rival took the version first; null: the commit does not say. */
  readonly conflicts: number | null
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
  /** Age of the oldest record that is not in it yet; 0: none waits; null: not known. */
  readonly waitingMs: number | null
  /** Files per power of two from 1 KiB to 1 GiB. */
  readonly histogram: readonly number[]
  readonly commits: readonly CommitRow[]
  readonly days: readonly {
    readonly day: string
    readonly rows: number
    readonly files: number
    readonly bytes: number
  }[]
  /** `since`: the version that added it; null: older than the commits that were read. */
  readonly columns: readonly { readonly name: string; readonly type: string; readonly since: number | null }[]
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
  /** Commits of the batch loader over the last 60 s, in seconds; null: none was measured. */
  readonly commits: { readonly count: number; readonly p50: number; readonly p99: number | null } | null
}
