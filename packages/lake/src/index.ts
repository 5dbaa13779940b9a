export { addAction, creationActions, dataFilePath, schemaActions } from './bronze-table.ts'
export type { Action, AddFile, MetaData, Protocol, Txn } from './delta-action.ts'
export {
  deltaSchema,
  mergeSchema,
  sqlTypeOfDelta,
  type DeltaField,
  type DeltaSchema,
  type DeltaType
} from './delta-schema.ts'
export { schemaOf, type Snapshot } from './delta-snapshot.ts'
export { openDeltaTable, type Commit, type DeltaTable, type DeltaTableDeps } from './delta-table.ts'
export { openDuck, UnloadableError, type Duck, type DuckSettings, type QueryResult } from './duck.ts'
export { openObjectStore, type ObjectStore, type ObjectStoreSettings } from './object-store.ts'
export { createParquetWriter, type ParquetWriter, type Written } from './parquet-writer.ts'
export { incarnationsOf, isSamePosition, positionActions, positionOf, type Position, type Source } from './positions.ts'
export { ensureBucket } from './ensure-bucket.ts'
export { openLakeReader, type LakeReader, type LakeReaderDeps, type TableSnapshot } from './reader.ts'
export { sweepLake, youngestSweptMs, type SweptLake, type SweptTable } from './sweep.ts'
export { openSweeperStore, type SweeperStore } from './sweeper-store.ts'
export { bronzeTables, deadLetters, deltaSchemaOf, eventTable, partitionColumn } from './tables.ts'
export type * from './types.ts'
