import type { Contract } from '@sluice/contracts'
import { UnloadableError, type DataFile, type ParquetWriter, type RowOrigin, type TableSpec } from '@sluice/lake'
import { siftLines, type Unloadable } from './sift-lines.ts'

/** What became of the lines of one table. */
export interface Staged {
  readonly files: readonly DataFile[]
  readonly unloadable: readonly Unloadable[]
}

export interface StageDeps {
  readonly writer: ParquetWriter
  readonly newId: () => string
}

/**
 * Turns a table's lines into Parquet. The enricher has checked every event, so this mostly is one statement; when it
 * fails, or rows are missing what they must have, the lines at fault are sifted out.
 */
export async function stageTable(
  deps: StageDeps,
  table: TableSpec,
  contract: Contract,
  inputs: readonly string[],
  dir: string,
  signal?: AbortSignal
): Promise<Staged> {
  let rejected: readonly RowOrigin[] = []
  try {
    const written = await deps.writer.write(table, inputs, dir, signal)
    if (written.rejected.length === 0) return { files: written.files, unloadable: [] }
    rejected = written.rejected
  } catch (error) {
    if (!(error instanceof UnloadableError)) throw error
  }
  // Rows that are read but wrong show only once everything can be read: so at most twice.
  for (let round = 1; ; round++) {
    const { clean, unloadable } = await siftLines(deps, table, contract, inputs, dir, rejected, signal)
    const written = await deps.writer.write(table, [clean], dir, signal)
    if (written.rejected.length === 0) return { files: written.files, unloadable }
    if (round === 2) throw new Error(`table ${table.name}: rows were sifted twice and are still wrong`)
    rejected = [...rejected, ...written.rejected]
  }
}
