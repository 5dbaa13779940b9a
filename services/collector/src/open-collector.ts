import type { AddressInfo } from 'node:net'
import type { Contracts } from '@sluice/contracts'
import type { Log } from '@sluice/events'
import type { Lanes } from '@sluice/kafka'
import type { Metrics } from '@sluice/service'
import type { ApiKeys } from './api-keys.ts'
import { openGrpcServer } from './create-grpc-server.ts'
import { createRestApp } from './create-rest-app.ts'
import { createInFlight } from './in-flight.ts'
import { createPublisher } from './publish-events.ts'
import { createQuota } from './quota.ts'
import type { Refusal } from './refusals.ts'
import { createValidator } from './validate-events.ts'

export interface CollectorOptions {
  readonly contracts: Contracts
  readonly keys: ApiKeys
  readonly lanes: Pick<Lanes, 'send'>
  /** Why nothing can be taken now, in words; null: it can. */
  readonly problem: () => string | null
  readonly metrics: Metrics
  readonly log: Log
  readonly now: () => number
  readonly settings: {
    readonly HTTP_HOST: string
    readonly HTTP_PORT: number
    readonly GRPC_PORT: number
    readonly MAX_BODY_BYTES: number
    readonly MAX_IN_FLIGHT_BYTES: number
    readonly QUOTA_EVENTS_PER_SECOND: number
  }
}

export interface Collector extends AsyncDisposable {
  readonly httpPort: number
  readonly grpcPort: number
}

/** Every answer comes within this time, counted from the last byte of the request. */
const answerMs = 800
const minBurst = 2_000
const healthMs = 1_000

/** Listens on both ports. Disposing of it answers what is in hand and stops. */
export async function openCollector(options: CollectorOptions): Promise<Collector> {
  const { contracts, keys, lanes, problem, metrics, log, now, settings } = options
  const { HTTP_HOST: host, QUOTA_EVENTS_PER_SECOND: eventsPerSecond } = settings
  const inFlight = createInFlight(settings.MAX_IN_FLIGHT_BYTES)
  const quota = createQuota({ eventsPerSecond, burst: Math.max(minBurst, 2 * eventsPerSecond), now })
  const onBug = (error: unknown) => log.error({ err: error }, 'send failed')
  const onRefused = ({ code }: Refusal) => metrics.rejected({ reason: code })
  const publisher = createPublisher({ contracts, lanes, inFlight, answerMs, metrics, onBug })
  const shared = { keys, publisher, quota, inFlight, problem, now, log, onRefused }

  await using opening = new AsyncDisposableStack()
  const validateAll = createValidator({ contracts })
  const app = createRestApp({ ...shared, validateAll, maxBodyBytes: settings.MAX_BODY_BYTES })
  opening.defer(() => app.close())
  await app.listen({ host, port: settings.HTTP_PORT })
  const { port: httpPort } = app.server.address() as AddressInfo

  const grpc = opening.use(await openGrpcServer({ ...shared, host, port: settings.GRPC_PORT }))
  const showHealth = () => grpc.setServing(problem() === null)
  showHealth()
  const timer = setInterval(showHealth, healthMs)
  opening.defer(() => clearInterval(timer))

  log.info({ httpPort, grpcPort: grpc.port }, 'listening')
  const open = opening.move()
  return { httpPort, grpcPort: grpc.port, [Symbol.asyncDispose]: () => open.disposeAsync() }
}
