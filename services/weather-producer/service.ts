import { loadContracts } from '@sluice/contracts'
import {
  createReportSending,
  deriveEvents,
  openReplay,
  produce,
  readSpeed,
  readWeather,
  sendInOrder
} from '@sluice/flights'
import { checkTopics, openKafka } from '@sluice/kafka'
import { defineService, kafkaSettingsOf } from '@sluice/service'
import { settings } from './config.ts'
import { openCollector } from './src/collector-client.ts'
import { followClock, untilKnown } from './src/follow-clock.ts'
import { createPublishEvents } from './src/publish-events.ts'

/** At most this many events are sent again after a crash. */
const maxEvents = 200

export const service = defineService({
  name: 'weather-producer',
  settings,
  async start(context) {
    const { settings, signal, stack, log, now, tick, available, fail } = context
    const speed = readSpeed(settings.SPEED)
    const replay = await openReplay(settings)
    const { topics } = await loadContracts(settings.SCHEMAS_DIR)
    const weather = await readWeather(settings.DATA_DIR)
    const kafka = openKafka(kafkaSettingsOf(settings, 'weather-producer'), { log })
    if (speed !== null) await checkTopics(kafka, topics)
    const followed = speed === null ? null : followClock({ kafka, control: topics.control, signal })
    followed?.ended.catch(fail)
    const target = { address: settings.COLLECTOR_GRPC, tls: settings.COLLECTOR_TLS, apiKey: settings.API_KEY }
    const collector = stack.use(openCollector(target), 'connection to the collector')
    const stream = stack.use(createPublishEvents(collector), 'stream')
    const sending = { ...createReportSending(context), attempt: stream.publishEvents, tick, log, signal }

    async function send(events: Parameters<typeof sendInOrder>[0]): Promise<boolean> {
      const isDone = await sendInOrder(events, sending)
      if (isDone) available('collector')
      return isDone
    }
    async function produceOnceClockIsKnown(): Promise<void> {
      if (followed !== null && !(await untilKnown(followed, context))) return
      const events = deriveEvents({ weather }, { ...replay, after: replay.state.position })
      const clock = () => followed?.latest() ?? null
      await produce({ replay, events, clock, send, maxEvents, tick, now, log, signal })
    }
    const producing = produceOnceClockIsKnown()
    producing.catch(fail)
    stack.defer(() => producing.catch(() => undefined), 'replay')
    return { problems: () => [] }
  }
})
