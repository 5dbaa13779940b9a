import { RefusedError } from '@sluice/events'
import type { Action } from './delta-action.ts'
import { deltaSchema, mergeSchema } from './delta-schema.ts'
import { schemaOf, type Snapshot } from './delta-snapshot.ts'
import { partitionColumn } from './tables.ts'
import type { DataFile, TableSpec } from './types.ts'

/** The first actions of a bronze table, before any position. */
export function creationActions(table: TableSpec, identity: { readonly id: string; readonly nowMs: number }): Action[] {
  return [
    { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
    {
      metaData: {
        id: identity.id,
        name: table.name,
        description: table.title,
        format: { provider: 'parquet', options: {} },
        schemaString: JSON.stringify(deltaSchema(table.columns)),
        partitionColumns: [partitionColumn],
        configuration: { 'delta.checkpointInterval': '50' },
        createdTime: identity.nowMs
      }
    }
  ]
}

/** What a commit must add so that the table has every column of ours: nothing, or the merged `metaData`. */
export function schemaActions(table: TableSpec, snapshot: Snapshot): Action[] {
  const { metaData } = snapshot
  if (metaData === null) throw new Error(`table ${table.name} is not there`)
  if (metaData.partitionColumns.length !== 1 || metaData.partitionColumns[0] !== partitionColumn) {
    throw new RefusedError([
      `table ${table.name}: expected partitions by ${partitionColumn}, found ${metaData.partitionColumns.join(', ') || 'none'}`
    ])
  }
  const found = schemaOf(snapshot)
  const merged = mergeSchema(table.name, found, deltaSchema(table.columns))
  return merged === found ? [] : [{ metaData: { ...metaData, schemaString: JSON.stringify(merged) } }]
}

/** Where a file lies below its table. Every name is new: an object is never written twice. */
export function dataFilePath({ eventDate }: DataFile, id: string): string {
  return `${partitionColumn}=${eventDate}/${id}.zstd.parquet`
}

/** The action that makes a file part of the table. */
export function addAction({ eventDate, bytes, stats }: DataFile, path: string, nowMs: number): Action {
  const partitionValues = { [partitionColumn]: eventDate }
  return { add: { path, partitionValues, size: bytes, modificationTime: nowMs, dataChange: true, stats } }
}
