import type { Contracts } from '@sluice/contracts'
import { endOffsets, type Kafka } from '@sluice/kafka'
import { openDeltaTable, type Duck, type ObjectStore } from '@sluice/lake'
import type { Log } from '@sluice/events'
import { prepareTables } from './prepare-tables.ts'
import { sourceKey, sourcesOf, tableSources, type TableState } from './table-state.ts'

export interface OpenTablesDeps {
  readonly contracts: Contracts
  /** By topic name. */
  readonly incarnations: ReadonlyMap<string, string>
  readonly kafka: Kafka
  readonly store: ObjectStore
  readonly duck: Duck
  /** Folder of the tables within the bucket. */
  readonly prefix: string
  readonly spoolDir: string
  readonly acceptNewLog: boolean
  readonly tick: () => void
  readonly log: Log
  readonly now: () => number
  readonly newId: () => string
}

/** Every table of the lake, ready to be loaded. */
export async function openTables(deps: OpenTablesDeps, signal?: AbortSignal): Promise<readonly TableState[]> {
  const { contracts, kafka, prefix } = deps
  const sources = sourcesOf(contracts, deps.incarnations)
  const logStarts = new Map<string, bigint>()
  for (const { name } of [contracts.topics.enriched, contracts.topics.dlq]) {
    for (const [partition, { start }] of await endOffsets(kafka, name)) {
      logStarts.set(sourceKey({ topic: name, partition }), start)
    }
  }
  return prepareTables(
    {
      ...deps,
      tables: tableSources(contracts, sources),
      logStarts,
      openTable: ({ name }) =>
        openDeltaTable({ ...deps, workDir: deps.spoolDir }, { name, location: `${prefix}/${name}`, keepFiles: false })
    },
    signal
  )
}
