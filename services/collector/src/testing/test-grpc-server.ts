import type { ServerTls } from '@sluice/service'
import { openApiKeys } from '../api-keys.ts'
import { type GrpcServer, openGrpcServer } from '../create-grpc-server.ts'
import type { GrpcDeps } from '../grpc-deps.ts'
import { createInFlight, type InFlight } from '../in-flight.ts'
import { createOverdue } from '../overdue.ts'
import { createPublisher } from '../publish-events.ts'
import { createQuota } from '../quota.ts'
import { contracts, rememberingLog, writeKeys } from './fixtures.ts'
import { handLanes, type HandLanes } from './hand-lanes.ts'
import { countingMetrics } from './test-rest-app.ts'

export interface TestGrpcServer extends GrpcServer {
  readonly lanes: HandLanes
  readonly inFlight: InFlight
  readonly keysPath: string
  readonly counts: Map<string, number>
  readonly logLines: readonly string[]
}

export interface TestGrpcOptions extends Partial<Pick<GrpcDeps, 'problem'>> {
  readonly lanes?: HandLanes
  readonly answerMs?: number
  readonly maxInFlightBytes?: number
  readonly eventsPerSecond?: number
  readonly burst?: number
  readonly reflection?: boolean
  readonly tls?: ServerTls
}

/** The gRPC side over lanes that acknowledge at once, on a free port. */
export async function testGrpcServer(options: TestGrpcOptions = {}): Promise<TestGrpcServer> {
  const { lanes = handLanes({ automatic: true }), answerMs = 800, maxInFlightBytes = 33_554_432 } = options
  const { eventsPerSecond = 0, burst = 10, problem = () => null } = options
  const { counts, metrics } = countingMetrics()
  const log = rememberingLog()
  const keysPath = writeKeys()
  const keys = await openApiKeys(keysPath, { log })
  const inFlight = createInFlight(maxInFlightBytes)
  const onBug = (error: unknown) => log.error({ error }, 'bug')
  const server = await openGrpcServer({
    host: '127.0.0.1',
    port: 0,
    tls: options.tls ?? null,
    reflection: options.reflection ?? true,
    keys,
    log,
    inFlight,
    problem,
    now: Date.now,
    publisher: createPublisher({ contracts, lanes, inFlight, answerMs, metrics, onBug, overdue: createOverdue() }),
    quota: createQuota({ eventsPerSecond, burst, now: Date.now }),
    onRefused: ({ code }) => metrics.rejected({ reason: code })
  })
  return {
    ...server,
    lanes,
    inFlight,
    keysPath,
    counts,
    logLines: log.lines,
    async [Symbol.asyncDispose]() {
      keys[Symbol.dispose]()
      await server[Symbol.asyncDispose]()
    }
  }
}
