import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { loadContracts } from '@sluice/contracts'
import { defineService, kafkaSettingsOf } from '@sluice/service'
import { loadViews } from '@sluice/store'
import { settings } from './config.ts'
import { buildPageIfStale, pageDir } from './src/page-files.ts'
import { createPages } from './src/create-pages.ts'
import { createApp } from './src/http-app.ts'
import { openModel } from './src/open-model.ts'
import { readServices } from './src/read-services.ts'
import { createHub } from './src/sse-hub.ts'

const stateEveryMs = 1_000
const heartbeatMs = 5_000

/** One live page over the whole platform. It writes nothing and needs nobody: what is away is shown as away. */
export const service = defineService({
  name: 'console',
  settings,
  async start({ settings: values, log, now, signal, stack, tick, fail }) {
    const services = readServices(values.SERVICES)
    const contracts = await loadContracts(values.SCHEMAS_DIR)
    const views = await loadViews(values.SCHEMAS_DIR, contracts)
    await buildPageIfStale(log)
    mkdirSync(values.WORK_DIR, { recursive: true })
    const boot = randomUUID().slice(0, 8)
    const { ENRICHER_GROUP: enricherGroup, FLUSH_MS: flushMs, S3_BUCKET: bucket, LAKE_PREFIX: prefix } = values
    const model = openModel({
      boot,
      contracts,
      views,
      services,
      kafka: kafkaSettingsOf(values, 'console'),
      redis: { url: values.REDIS_URL, password: values.REDIS_PASSWORD },
      lake: {
        settings: {
          endpoint: values.S3_ENDPOINT ?? null,
          region: values.S3_REGION,
          forcePathStyle: values.S3_FORCE_PATH_STYLE,
          bucket
        },
        prefix,
        workDir: values.WORK_DIR
      },
      enricherGroup,
      launcherState: values.LAUNCHER_STATE ?? null,
      flushMs,
      backfillRecords: values.BACKFILL_RECORDS,
      maxRecordsPerSecond: values.MAX_RECORDS_PER_SECOND,
      log,
      now,
      signal,
      tick
    })
    stack.use(model, 'sources')
    model.done.catch(fail)
    const hub = createHub({
      boot,
      now,
      snapshot: () => (model.snapshot() === null ? null : JSON.stringify(model.snapshot()))
    })
    model.onEvent((event) => hub.event(JSON.stringify(event)))
    const pages = createPages({
      model,
      contracts,
      views,
      enrichmentApiUrl: values.ENRICHMENT_API_URL,
      schemasDir: values.SCHEMAS_DIR,
      flushMs,
      bucket,
      now,
      random: Math.random
    })
    const app = await createApp({ hub, pages, pageDir, log })
    stack.defer(() => app.close(), 'page')
    stack.defer(() => hub.close(), 'stream')
    await app.listen({ host: values.HTTP_HOST, port: values.HTTP_PORT })
    sendState()
    log.info({ url: `http://${values.HTTP_HOST}:${values.HTTP_PORT}` }, 'the page is served')
    return { problems: () => [] }

    /** The newest state to everyone, once a second; serialised once. Nobody there: nothing to do. */
    function sendState(): void {
      let sentMs = 0
      const timer = setInterval(() => {
        const snapshot = model.snapshot()
        if (hub.size === 0 || snapshot === null) return
        if (snapshot.atMs === sentMs && now() - sentMs < heartbeatMs) return
        sentMs = snapshot.atMs
        hub.state(JSON.stringify(snapshot))
      }, stateEveryMs / 2)
      stack.defer(() => clearInterval(timer), 'state timer')
    }
  }
})
