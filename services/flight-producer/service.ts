import { loadContracts } from '@sluice/contracts'
import {
  createReportSending,
  deriveEvents,
  openReplay,
  produce,
  readFlights,
  readPlanes,
  readSpeed
} from '@sluice/flights'
import { checkTopics, openKafka } from '@sluice/kafka'
import { defineService, kafkaSettingsOf } from '@sluice/service'
import { settings } from './config.ts'
import { pauseClock, setClock } from './src/keep-clock.ts'
import { createSendEvents } from './src/send-events.ts'

/** At most this many events of a lane are sent again after a crash. */
const eventsPerRequest = 500

export const service = defineService({
  name: 'flight-producer',
  settings,
  async start(context) {
    const { settings, signal, stack, log, now, tick, available, fail } = context
    const speed = readSpeed(settings.SPEED)
    const replay = await openReplay(settings)
    const { topics } = await loadContracts(settings.SCHEMAS_DIR)
    const planes = await readPlanes(settings.DATA_DIR)
    const kafka = openKafka(kafkaSettingsOf(settings, 'flight-producer'), { log })
    if (speed !== null) await checkTopics(kafka, topics)
    const clockDeps = { kafka, control: topics.control, now, log }
    const clock = speed === null ? null : await setClock(clockDeps, { replay, speed })
    const flights = { flights: await readFlights(settings.DATA_DIR), planes }
    const send = createSendEvents({
      ...createReportSending(context),
      onDone: () => available('collector'),
      collectorUrl: settings.COLLECTOR_URL,
      apiKey: settings.API_KEY,
      lanes: settings.LANES,
      tick,
      log,
      signal
    })
    const events = deriveEvents({ flights }, { ...replay, after: replay.state.position })
    const maxEvents = settings.LANES * eventsPerRequest

    async function produceUntilStopped(): Promise<void> {
      const deps = { replay, events, clock: () => clock, send, maxEvents, tick, now, log, signal }
      const stoppedAtMs = await produce(deps)
      if (clock !== null) await pauseClock(clockDeps, stoppedAtMs)
    }
    const producing = produceUntilStopped()
    producing.catch(fail)
    stack.defer(() => producing.catch(() => undefined), 'replay')
    return { problems: () => [] }
  }
})
