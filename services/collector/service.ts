import { loadContracts } from '@sluice/contracts'
import { checkTopics, openKafka, openLanes } from '@sluice/kafka'
import { defineService, kafkaSettingsOf, serverTlsOf } from '@sluice/service'
import { settings } from './config.ts'
import { openApiKeys } from './src/api-keys.ts'
import { openCollector } from './src/open-collector.ts'
import { watchTopics } from './src/watch-topics.ts'

/** REST and gRPC in, the raw topic out. */
export const collector = defineService({
  name: 'collector',
  settings,
  async start(context) {
    const { settings: values, log, stack } = context
    const contracts = await loadContracts(values.SCHEMAS_DIR)
    const keys = stack.use(await openApiKeys(values.API_KEYS_FILE, { log }), 'API keys')
    const kafka = openKafka(kafkaSettingsOf(values, 'collector'), { log })
    const lanes = stack.use(
      openLanes(kafka, { topic: contracts.topics.raw, maxLaneBytes: 2 * values.MAX_IN_FLIGHT_BYTES }, { log }),
      'lanes'
    )
    const topics = watchTopics({ ...context, check: () => checkTopics(kafka, contracts.topics) })
    const problem = () => topics.problem() ?? (context.signal.aborted ? 'the collector is about to stop' : null)
    const tls = serverTlsOf(values)
    return stack.use(await openCollector({ ...context, contracts, keys, lanes, problem, tls }), 'REST and gRPC')
  }
})
