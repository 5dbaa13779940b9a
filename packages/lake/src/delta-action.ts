/** The actions of the Delta protocol that a table of version (1, 2) may hold (PROTOCOL.md, "Actions"). */
export interface Protocol {
  readonly minReaderVersion: number
  readonly minWriterVersion: number
}

export interface MetaData {
  readonly id: string
  readonly name?: string | null
  readonly description?: string | null
  readonly format: { readonly provider: string; readonly options?: Readonly<Record<string, string>> }
  readonly schemaString: string
  readonly partitionColumns: readonly string[]
  readonly configuration: Readonly<Record<string, string>>
  readonly createdTime?: number | null
}

export interface AddFile {
  /** Relative to the table, URL-encoded. */
  readonly path: string
  readonly partitionValues: Readonly<Record<string, string | null>>
  readonly size: number
  readonly modificationTime: number
  readonly dataChange: boolean
  readonly stats?: string | null
}

export interface Txn {
  readonly appId: string
  readonly version: number
  readonly lastUpdated?: number
}

export interface CommitInfo {
  readonly timestamp: number
  readonly operation: string
  readonly operationParameters: Readonly<Record<string, string>>
  readonly isBlindAppend: boolean
  readonly engineInfo: string
  /** Unique to a commit: who sees it in the log knows that the commit is there. */
  readonly txnId: string
  /** `executionTimeMs`: from the beginning of the work on it. `numRetries`: how often a rival took the version first. */
  readonly operationMetrics: Readonly<Record<string, string>>
}

/** One line of a commit. */
export interface Action {
  readonly protocol?: Protocol
  readonly metaData?: MetaData
  readonly add?: AddFile
  readonly remove?: { readonly path: string; readonly dataChange: boolean; readonly deletionTimestamp?: number }
  readonly txn?: Txn
  readonly commitInfo?: Partial<CommitInfo>
}

export function parseActions(bytes: Buffer): Action[] {
  return bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Action)
}

export function printActions(actions: readonly Action[]): Buffer {
  return Buffer.from(actions.map((action) => `${JSON.stringify(action)}\n`).join(''))
}

/** `00000000000000000007` */
export function versionName(version: number): string {
  return String(version).padStart(20, '0')
}

/** The version that a file of the log is a commit of; null: it is something else. */
export function commitVersion(name: string): number | null {
  const digits = /^(\d{20})\.json$/.exec(name)?.[1]
  return digits === undefined ? null : Number(digits)
}
