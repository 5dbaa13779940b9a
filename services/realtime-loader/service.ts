import { loadContracts } from '@sluice/contracts'
import { checkTopics, openKafka, parseGap, runSink, type Progress } from '@sluice/kafka'
import { defineService, kafkaSettingsOf, watchRetention } from '@sluice/service'
import { loadViews, openStore } from '@sluice/store'
import { settings } from './config.ts'
import { createApply } from './src/apply-records.ts'
import { createProject } from './src/project-event.ts'
import { watchPositions } from './src/watch-positions.ts'

/** The enriched topic in, views of its events in Redis out. */
export const realtimeLoader = defineService({
  name: 'realtime-loader',
  settings,
  async start(context) {
    const { settings: values, log, metrics, stack, now, tick, version } = context
    const contracts = await loadContracts(values.SCHEMAS_DIR)
    const views = await loadViews(values.SCHEMAS_DIR, contracts)
    const topic = contracts.topics.enriched
    const kafka = openKafka(kafkaSettingsOf(values, 'realtime-loader'), { log })
    const incarnations = await checkTopics(kafka, contracts.topics)
    const store = await openStore({
      url: values.REDIS_URL,
      password: values.REDIS_PASSWORD,
      keepMs: topic.retentionMs
    })
    stack.use(store, 'redis')
    const from = { topic: topic.name, incarnation: incarnations.get(topic.name) ?? '' }
    if (values.ACCEPT_NEW_LOG) log.info({ ...from, forgotten: await store.acceptLog(from) }, 'log accepted')
    const project = createProject({ contracts, views })
    const { open, handle, passGap, believed } = createApply({ store, from, project, log, metrics, now })
    await store.position(from, 0)

    const onProgress = ({ partition, lag, doubled }: Progress) => {
      metrics.lag({ topic: topic.name, partition }, lag)
      metrics.doubled({ topic: topic.name }, doubled)
    }
    const retention = watchRetention(context)
    stack.use(retention, 'watch on retention')
    const gaps = {
      accepted: (values.ACCEPT_GAP ?? []).map(parseGap),
      dlq: contracts.topics.dlq,
      service: { name: 'realtime-loader', version },
      pass: passGap
    }
    const { raw } = contracts.topics
    const sink = {
      group: values.GROUP_ID,
      sessionTimeoutMs: values.SESSION_TIMEOUT_MS,
      topics: [topic],
      raw,
      open,
      handle,
      gaps,
      onProgress,
      onRisk: retention.report,
      tick
    }
    const running = runSink(kafka, sink, { log, now })
    stack.defer(() => running.stop(), 'partitions')
    running.done.catch(context.fail)
    const reopen = (partition: number) => running.reopen(topic.name, partition)
    stack.use(watchPositions({ ...context, store, from, believed, reopen }), 'watch on positions')
    return { problems: () => running.problems() }
  }
})
