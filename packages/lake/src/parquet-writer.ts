import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Duck, Sql } from './duck.ts'
import { sqlColumns, sqlList, sqlName, sqlText } from './sql-types.ts'
import { statisticsByDate } from './statistics.ts'
import { partitionColumn } from './tables.ts'
import type { DataFile, RowOrigin, TableSpec } from './types.ts'

export interface ParquetWriter {
  /**
   * Turns spooled lines into one Parquet file per event date: zstd, dictionaries, sorted. Rows that are read but may not
   * be loaded (another type, nothing where something must be) are left out and named.
   * UnloadableError: a line cannot be read at all; no file is of use then.
   */
  write(table: TableSpec, inputs: readonly string[], outputDir: string, signal?: AbortSignal): Promise<Written>
  /** Whether all the lines could be read: null, or DuckDB's complaint. */
  complaint(table: TableSpec, inputs: readonly string[], signal?: AbortSignal): Promise<string | null>
}

export interface Written {
  readonly files: readonly DataFile[]
  readonly rejected: readonly RowOrigin[]
}

/** No record of ours is larger: base64 of the largest one, and its headers. */
const maxLineBytes = 16 * 1024 * 1024
const staged = 'staged'
const validColumn = sqlName(' is valid')

export function createParquetWriter(deps: { readonly duck: Duck; readonly newId: () => string }): ParquetWriter {
  return {
    write(table, inputs, outputDir, signal) {
      return deps.duck.exclusive(async (db) => {
        try {
          await db.run(`CREATE OR REPLACE TEMP TABLE ${staged} AS ${readLines(table, inputs)}`)
          const rejected = await rejectedRows(db)
          if (rejected.length > 0) await db.run(`DELETE FROM ${staged} WHERE ${validColumn} IS NOT TRUE`)
          const files: DataFile[] = []
          for (const { eventDate, rows, stats } of await statisticsByDate(db, staged, table.columns, partitionColumn)) {
            const localPath = join(outputDir, `${table.name}-${eventDate}-${deps.newId()}.parquet`)
            await db.run(copyDate(table, eventDate, localPath))
            files.push({ localPath, eventDate, rows, bytes: (await stat(localPath)).size, stats })
          }
          return { files, rejected }
        } finally {
          await db.run(`DROP TABLE IF EXISTS ${staged}`).catch(() => undefined)
        }
      }, signal)
    },

    async complaint(table, inputs, signal) {
      return deps.duck.exclusive(async (db) => {
        try {
          await db.run(`CREATE OR REPLACE TEMP TABLE ${staged} AS ${readLines(table, inputs)}`)
          return null
        } catch (error) {
          if (error instanceof Error && error.name === 'UnloadableError') return error.message
          throw error
        } finally {
          await db.run(`DROP TABLE IF EXISTS ${staged}`).catch(() => undefined)
        }
      }, signal)
    }
  }
}

function readLines(table: TableSpec, inputs: readonly string[]): string {
  const columns = table.columns.map(({ name }) => `${table.expressions[name]} AS ${sqlName(name)}`)
  return `SELECT ${columns.join(', ')}, ${table.isValid} AS ${validColumn} FROM read_json(${sqlList(inputs)},
    format = 'newline_delimited', columns = ${sqlColumns(table.line)}, maximum_object_size = ${maxLineBytes})`
}

async function rejectedRows(db: Sql): Promise<RowOrigin[]> {
  const rows = await db.rows(`SELECT kafka_partition, kafka_offset FROM ${staged} WHERE ${validColumn} IS NOT TRUE`)
  return rows.map((row) => ({
    partition: Number(row['kafka_partition']),
    offset: BigInt(String(row['kafka_offset']))
  }))
}

function copyDate(table: TableSpec, eventDate: string, path: string): string {
  const columns = table.columns.filter(({ name }) => name !== partitionColumn).map(({ name }) => sqlName(name))
  return `COPY (SELECT ${columns.join(', ')} FROM ${staged} WHERE ${sqlName(partitionColumn)} = DATE ${sqlText(eventDate)}
    ORDER BY ${table.sortBy.map((name) => sqlName(name)).join(', ')}) TO ${sqlText(path)} (FORMAT parquet, COMPRESSION zstd)`
}
