import { loadContracts } from '@sluice/contracts'
import { connectInference } from '@sluice/inference/client'
import { checkTopics, openKafka, parseGap, runTransform } from '@sluice/kafka'
import { clientTlsOf, defineService, kafkaSettingsOf, watchRetention } from '@sluice/service'
import { settings } from './config.ts'
import { createCheck } from './src/check-event.ts'
import { createEnrich } from './src/enrich-events.ts'
import { createReport } from './src/report.ts'
import { createScore } from './src/score-events.ts'

/** The raw topic in; valid events with their scores, dead letters and repeats out, each raw record exactly once. */
export const enricher = defineService({
  name: 'enricher',
  settings,
  async start(context) {
    const { settings: values, log, stack, now, tick, version } = context
    const contracts = await loadContracts(values.SCHEMAS_DIR)
    const { topics } = contracts
    const kafka = openKafka(kafkaSettingsOf(values, 'enricher'), { log })
    await checkTopics(kafka, topics)
    const inference = await connectInference({
      address: values.ENRICHMENT_API,
      deadlineMs: values.ENRICHMENT_DEADLINE_MS,
      tls: clientTlsOf('ENRICHMENT_TLS', values.ENRICHMENT_TLS, {
        caFile: values.ENRICHMENT_TLS_CA_FILE,
        certFile: values.ENRICHMENT_TLS_CERT_FILE,
        keyFile: values.ENRICHMENT_TLS_KEY_FILE
      }),
      log
    })
    stack.use(inference, 'enrichment API')
    const retention = watchRetention(context)
    stack.use(retention, 'watch on retention')
    const running = runTransform(
      kafka,
      {
        group: values.GROUP_ID,
        sessionTimeoutMs: values.SESSION_TIMEOUT_MS,
        topics,
        service: { name: 'enricher', version },
        check: createCheck({ contracts }),
        enrich: createEnrich({ score: createScore({ inference }) }),
        acceptedGaps: (values.ACCEPT_GAP ?? []).map(parseGap),
        onRisk: retention.report,
        ...createReport(context, topics),
        tick
      },
      { log, now }
    )
    stack.defer(() => running.stop(), 'partitions')
    running.done.catch(context.fail)
    return { problems: () => running.problems() }
  }
})
