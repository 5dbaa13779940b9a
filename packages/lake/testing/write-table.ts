import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { addAction, creationActions, dataFilePath, schemaActions } from '../src/bronze-table.ts'
import { openDeltaTable, type DeltaTable } from '../src/delta-table.ts'
import { createParquetWriter } from '../src/parquet-writer.ts'
import type { TableSpec } from '../src/types.ts'
import type { LakeUnderTest } from './lake-under-test.ts'

export async function createTable(lake: LakeUnderTest, spec: TableSpec): Promise<DeltaTable> {
  const delta = openDeltaTable(lake, { name: spec.name, location: `${lake.prefix}/${spec.name}`, keepFiles: false })
  const plan = () => creationActions(spec, { id: randomUUID(), nowMs: 0 })
  await delta.commit({ id: randomUUID(), operation: 'CREATE TABLE', plan })
  return delta
}

/** Commits the rows of a file of spooled lines, each of which must be loadable. */
export async function appendLines(
  lake: LakeUnderTest,
  spec: TableSpec,
  delta: DeltaTable,
  input: string
): Promise<void> {
  const writer = createParquetWriter({ duck: lake.duck, newId: randomUUID })
  const { files, rejected } = await writer.write(spec, [input], lake.workDir)
  assert.deepEqual(rejected, [])
  const named = files.map((file) => ({ file, path: dataFilePath(file, randomUUID()) }))
  for (const { file, path } of named) {
    await lake.store.put(`${delta.location}/${path}`, await readFile(file.localPath))
  }
  await delta.commit({
    id: randomUUID(),
    operation: 'WRITE',
    plan: (snapshot) => [...schemaActions(spec, snapshot), ...named.map(({ file, path }) => addAction(file, path, 0))]
  })
}
