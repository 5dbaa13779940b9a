import { randomUUID } from 'node:crypto'
import { loadContracts } from '@sluice/contracts'
import { checkTopics, openKafka } from '@sluice/kafka'
import { createParquetWriter, openDuck, openObjectStore } from '@sluice/lake'
import { defineService, kafkaSettingsOf } from '@sluice/service'
import { settings } from './config.ts'
import { claimSpoolDir } from './src/claim-spool-dir.ts'
import { openTables } from './src/open-tables.ts'
import { startLoading } from './src/start-loading.ts'

/** A flush in hand at SIGTERM gets this long; all of the stop has 10 s. */
const closeGraceMs = 5_000

/** The enriched and the dead-letter topic in, Delta tables on S3 out. */
export const batchLoader = defineService({
  name: 'batch-loader',
  settings,
  async start(context) {
    const { settings: values, log, stack, signal } = context
    const contracts = await loadContracts(values.SCHEMAS_DIR)
    const kafka = openKafka(kafkaSettingsOf(values, 'batch-loader'), { log })
    const incarnations = await checkTopics(kafka, contracts.topics)
    const spoolDir = await claimSpoolDir(values.SPOOL_DIR)
    const store = openObjectStore({
      endpoint: values.S3_ENDPOINT ?? null,
      region: values.S3_REGION,
      forcePathStyle: values.S3_FORCE_PATH_STYLE,
      bucket: values.S3_BUCKET
    })
    stack.defer(() => store.close(), 'S3')
    const duck = await openDuck({ tempDir: `${spoolDir}/duck` })
    stack.defer(() => duck.close(), 'DuckDB')
    const deps = { ...context, newId: randomUUID, contracts, incarnations, kafka, store, duck, spoolDir }
    const tables = await openTables(
      { ...deps, prefix: values.LAKE_PREFIX, acceptNewLog: values.ACCEPT_NEW_LOG },
      signal
    )
    const loading = startLoading({
      ...deps,
      tables,
      writer: createParquetWriter({ duck, newId: randomUUID }),
      group: values.GROUP_ID,
      sessionTimeoutMs: values.SESSION_TIMEOUT_MS,
      acceptedGaps: values.ACCEPT_GAP ?? [],
      limits: { rows: values.FLUSH_ROWS, bytes: values.FLUSH_BYTES, ms: values.FLUSH_MS }
    })
    stack.defer(() => loading.stop(closeGraceMs), 'loading')
    return loading
  }
})
