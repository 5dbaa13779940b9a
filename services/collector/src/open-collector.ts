import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Contracts } from '@sluice/contracts'
import type { Log } from '@sluice/events'
import type { Lanes } from '@sluice/kafka'
import type { Metrics, ServerTls } from '@sluice/service'
import type { ApiKeys } from './api-keys.ts'
import { openGrpcServer } from './create-grpc-server.ts'
import { createRestApp } from './create-rest-app.ts'
import { describeApi } from './describe-api.ts'
import { describeSchemas } from './describe-schemas.ts'
import { createInFlight } from './in-flight.ts'
import { createOverdue } from './overdue.ts'
import { createPublisher } from './publish-events.ts'
import { createQuota } from './quota.ts'
import type { Refusal } from './refusals.ts'
import { createValidator } from './validate-events.ts'

export interface CollectorOptions {
  readonly contracts: Contracts
  readonly keys: ApiKeys
  readonly lanes: Pick<Lanes, 'send' | 'problem'>
  /** Why nothing can be taken now, in words; null: it can. */
  readonly problem: () => string | null
  readonly metrics: Metrics
  readonly log: Log
  readonly now: () => number
  /** Of the service. */
  readonly version: string
  /** Null: REST and gRPC in plaintext. */
  readonly tls: ServerTls | null
  readonly settings: {
    readonly HTTP_HOST: string
    readonly HTTP_PORT: number
    readonly GRPC_PORT: number
    readonly GRPC_REFLECTION: boolean
    readonly MAX_BODY_BYTES: number
    readonly MAX_IN_FLIGHT_BYTES: number
    readonly QUOTA_EVENTS_PER_SECOND: number
  }
}

export interface Collector extends AsyncDisposable {
  /** Why events are not taken or do not become durable, in words; empty: they are. */
  problems(): readonly string[]
  readonly httpPort: number
  readonly grpcPort: number
}

/** Every answer comes within this time, counted from the last byte of the request. */
const answerMs = 800
const minBurst = 2_000
const healthMs = 1_000
/** Longest that requests may go on once the collector is to stop; every answer comes sooner. */
const stopMs = 3_000

/** Listens on both ports. Disposing of it answers what is in hand and stops. */
export async function openCollector(options: CollectorOptions): Promise<Collector> {
  const { contracts, keys, lanes, problem, metrics, log, now, tls, settings } = options
  const { HTTP_HOST: host, QUOTA_EVENTS_PER_SECOND: eventsPerSecond } = settings
  const inFlight = createInFlight(settings.MAX_IN_FLIGHT_BYTES)
  const quota = createQuota({ eventsPerSecond, burst: Math.max(minBurst, 2 * eventsPerSecond), now })
  const onBug = (error: unknown) => log.error({ err: error }, 'send failed')
  const onRefused = ({ code }: Refusal) => metrics.rejected({ reason: code })
  const overdue = createOverdue()
  const publisher = createPublisher({ contracts, lanes, inFlight, answerMs, metrics, overdue, onBug })
  const shared = { keys, publisher, quota, inFlight, problem, now, log, onRefused }

  await using opening = new AsyncDisposableStack()
  const validateAll = createValidator({ contracts })
  const maxBodyBytes = settings.MAX_BODY_BYTES
  const description = describeApi({ contracts, maxBodyBytes, version: options.version })
  const documents = new Map([['/openapi.json', description], ...describeSchemas(contracts)])
  const app = createRestApp({ ...shared, validateAll, maxBodyBytes, documents, tls })
  opening.defer(() => closeRest(app))
  await app.listen({ host, port: settings.HTTP_PORT })
  const { port: httpPort } = app.server.address() as AddressInfo

  const place = { host, port: settings.GRPC_PORT, tls }
  const grpc = opening.use(await openGrpcServer({ ...shared, ...place, reflection: settings.GRPC_REFLECTION }))
  const problems = () => [problem(), lanes.problem(), overdueProblem()].filter((reason) => reason !== null)
  const showHealth = () => grpc.setServing(problems().length === 0)
  showHealth()
  const timer = setInterval(showHealth, healthMs)
  opening.defer(() => clearInterval(timer))

  log.info({ httpPort, grpcPort: grpc.port }, 'listening')
  const open = opening.move()
  return {
    httpPort,
    grpcPort: grpc.port,
    problems,
    [Symbol.asyncDispose]: () => open.disposeAsync()
  }

  function overdueProblem(): string | null {
    const count = overdue.count()
    return count === 0 ? null : `kafka has not acknowledged ${count} events within ${answerMs} ms`
  }
}

/** A connection that was busy when the closing began is idle after its answer, and would then stay open. */
async function closeRest(app: FastifyInstance): Promise<void> {
  const idle = setInterval(() => app.server.closeIdleConnections(), 20)
  const force = setTimeout(() => app.server.closeAllConnections(), stopMs)
  await app.close()
  clearInterval(idle)
  clearTimeout(force)
}
