import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { parquetMetadata, parquetRead } from 'hyparquet'
import { RefusedError } from '@sluice/events'

/** A Parquet file of data/. Times come as minutes since 1970, nulls as null. */
export interface Table {
  readonly rows: number
  /** Calls onValues for each run of rows, in order. */
  read(column: string, onValues: (values: ArrayLike<unknown>, firstRow: number) => void): Promise<void>
}

/** Opens `<name>.parquet`. Throws RefusedError where it is missing or is not the file that manifest.json describes. */
export async function openTable(dataDir: string, name: string): Promise<Table> {
  const file = `${name}.parquet`
  const bytes = await readVendored(dataDir, file)
  await checkDigest(dataDir, file, bytes)
  const buffer = new Uint8Array(bytes).buffer
  const metadata = parquetMetadata(buffer)
  const rows = Number(metadata.num_rows)

  return {
    rows,
    /** One column of one row group at a time: what the decoder makes is many times larger than what it reads. */
    async read(column, onValues) {
      let rowStart = 0
      for (const group of metadata.row_groups) {
        const rowEnd = rowStart + Number(group.num_rows)
        await parquetRead({
          file: { byteLength: buffer.byteLength, slice: (start, end) => buffer.slice(start, end) },
          metadata,
          columns: [column],
          rowStart,
          rowEnd,
          compressors: { ZSTD: (input) => zstdDecompressSync(input) },
          parsers: { timestampFromMilliseconds: (ms) => Number(ms) / 60_000 },
          onChunk: (chunk) => onValues(chunk.columnData, chunk.rowStart)
        })
        rowStart = rowEnd
      }
    }
  }
}

async function checkDigest(dataDir: string, file: string, bytes: Buffer): Promise<void> {
  const manifest: unknown = JSON.parse((await readVendored(dataDir, 'manifest.json')).toString())
  const { files } = manifest as { files: Record<string, { sha256: string }> }
  const expected = files[file]?.sha256
  const found = createHash('sha256').update(bytes).digest('hex')
  if (found !== expected) {
    throw new RefusedError([`${join(dataDir, file)}: expected sha256 ${expected} as in manifest.json, found ${found}`])
  }
}

async function readVendored(dataDir: string, file: string): Promise<Buffer> {
  try {
    return await readFile(join(dataDir, file))
  } catch (cause) {
    throw new RefusedError([`${join(dataDir, file)}: expected a readable file, found ${(cause as Error).message}`], {
      cause
    })
  }
}
