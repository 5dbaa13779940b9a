import type { FastifyInstance } from 'fastify'
import type { Metrics } from '@sluice/service'
import { openApiKeys } from '../api-keys.ts'
import { createRestApp, type RestDeps } from '../create-rest-app.ts'
import { describeApi } from '../describe-api.ts'
import { describeSchemas } from '../describe-schemas.ts'
import { createInFlight } from '../in-flight.ts'
import { createOverdue } from '../overdue.ts'
import { createPublisher } from '../publish-events.ts'
import { createQuota } from '../quota.ts'
import { createValidator } from '../validate-events.ts'
import { bearer, contracts, rememberingLog, writeKeys } from './fixtures.ts'
import { handLanes, type HandLanes } from './hand-lanes.ts'

export interface TestRestApp extends AsyncDisposable {
  readonly app: FastifyInstance
  readonly lanes: HandLanes
  /** Counters by name and labels, `received rest weather.observed.v1`. */
  readonly counts: Map<string, number>
  readonly logLines: readonly string[]
  /** Posts with a key; headers may be overridden, `undefined` leaves one out. */
  post(body: string | Buffer, headers?: Record<string, string | undefined>, url?: string): Promise<TestAnswer>
}

interface TestAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: {
    readonly code?: string
    readonly pointer?: string
    readonly detail?: string
    readonly results?: readonly {
      id: string | null
      status: number
      code?: string
      pointer?: string
      offset?: string
    }[]
  }
}

export interface TestRestOptions extends Partial<
  Pick<RestDeps, 'problem' | 'requestTimeoutMs' | 'maxBodyBytes' | 'tls'>
> {
  readonly lanes?: HandLanes
  readonly answerMs?: number
  readonly maxInFlightBytes?: number
  readonly eventsPerSecond?: number
}

/** The REST side over lanes that acknowledge at once, not listening. */
export async function testRestApp(options: TestRestOptions = {}): Promise<TestRestApp> {
  const { lanes = handLanes({ automatic: true }), answerMs = 800, maxInFlightBytes = 33_554_432 } = options
  const { counts, metrics } = countingMetrics()
  const log = rememberingLog()
  const keys = await openApiKeys(writeKeys(), { log })
  const inFlight = createInFlight(maxInFlightBytes)
  const onBug = (error: unknown) => log.error({ error }, 'bug')
  const maxBodyBytes = options.maxBodyBytes ?? 1_048_576
  const app = createRestApp({
    keys,
    log,
    inFlight,
    now: Date.now,
    problem: () => null,
    maxBodyBytes,
    documents: new Map([
      ['/openapi.json', describeApi({ contracts, maxBodyBytes, version: '0.0.0' })],
      ...describeSchemas(contracts)
    ]),
    publisher: createPublisher({ contracts, lanes, inFlight, answerMs, metrics, onBug, overdue: createOverdue() }),
    validateAll: createValidator({ contracts }),
    quota: createQuota({ eventsPerSecond: options.eventsPerSecond ?? 0, burst: 10, now: Date.now }),
    onRefused: ({ code }) => metrics.rejected({ reason: code }),
    ...options
  })
  return {
    app,
    lanes,
    counts,
    logLines: log.lines,
    async post(payload, headers = {}, url = '/v1/events') {
      const all = { authorization: bearer(), 'content-type': 'application/cloudevents+json', ...headers }
      const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
      const answer = await app.inject({ method: 'POST', url, payload, headers: given as Record<string, string> })
      return { status: answer.statusCode, headers: answer.headers, body: answer.json() }
    },
    async [Symbol.asyncDispose]() {
      keys[Symbol.dispose]()
      await app.close()
    }
  }
}

export function countingMetrics(): { readonly counts: Map<string, number>; readonly metrics: Metrics } {
  const counts = new Map<string, number>()
  const counter =
    (name: string) =>
    (labels: object, count = 1) => {
      const key = [name, ...Object.values(labels)].join(' ')
      counts.set(key, (counts.get(key) ?? 0) + count)
    }
  const metrics: Metrics = {
    received: counter('received'),
    sent: counter('sent'),
    rejected: counter('rejected'),
    repeated: nothing,
    doubled: nothing,
    lag: nothing,
    lossAt: nothing,
    batch: nothing,
    latency: (labels) => counter('latency')(labels),
    rows: nothing,
    print: () => Promise.resolve(''),
    contentType: ''
  }
  return { counts, metrics }
}

function nothing(): void {
  // no test looks at it
}
