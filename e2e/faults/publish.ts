import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { credentials, makeGenericClientConstructor, Metadata, type ServiceDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import type { CloudEvent } from '@sluice/events'
import { repoRoot } from '@sluice/testkit'

/** What came back for one event. */
export interface Answer {
  /** In the words of HTTP; 0: no answer at all. */
  readonly status: number
  readonly code: string | null
  /** Where it is, if it is durable. */
  readonly place: readonly [number, number] | null
  readonly ms: number
  readonly retryAfter: string | null
}

export interface Publisher extends Disposable {
  /** Sends events in one request over REST; one answer for each. */
  rest(replica: number, events: readonly CloudEvent[]): Promise<readonly Answer[]>
  grpc(replica: number, events: readonly CloudEvent[]): Promise<readonly Answer[]>
}

export interface PublisherOptions {
  /** Ports of the collectors, by replica. */
  readonly restPorts: readonly number[]
  readonly grpcPorts: readonly number[]
  readonly apiKey: string
  readonly timeoutMs?: number
}

interface Result {
  readonly status: number
  readonly code?: string
  readonly partition?: number | string
  readonly offset?: number | string
}

/** A client as anyone would write it, that tells what it was answered and repeats nothing by itself. */
export function openPublisher({ restPorts, grpcPorts, apiKey, timeoutMs = 5_000 }: PublisherOptions): Publisher {
  const authorization = `Bearer ${apiKey}`
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  const Client = grpcClient()
  const options = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 1_000 }
  const clients = grpcPorts.map((port) => new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options))

  function post(port: number, body: string): Promise<{ status: number; text: string; retryAfter: string | null }> {
    return new Promise((resolve, reject) => {
      const headers = {
        authorization,
        'content-type': 'application/cloudevents-batch+json',
        'content-length': Buffer.byteLength(body)
      }
      const sent = request(
        {
          host: '127.0.0.1',
          port,
          path: '/v1/events',
          method: 'POST',
          agent,
          headers,
          signal: AbortSignal.timeout(timeoutMs)
        },
        (answer) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.once('error', reject)
          answer.once('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              text: Buffer.concat(chunks).toString(),
              retryAfter: answer.headers['retry-after'] ?? null
            })
          )
        }
      )
      sent.once('error', reject)
      sent.end(body)
    })
  }

  return {
    async rest(replica, events) {
      const began = performance.now()
      try {
        const { status, text, retryAfter } = await post(restPorts[replica] ?? 0, JSON.stringify(events))
        const { results, code } = JSON.parse(text) as { results?: readonly Result[]; code?: string }
        return events.map((_, i) => answerOf(results?.[i] ?? { status, ...(code && { code }) }, began, retryAfter))
      } catch {
        return events.map(() => answerOf({ status: 0 }, began, null))
      }
    },
    async grpc(replica, events) {
      const began = performance.now()
      const metadata = new Metadata()
      metadata.set('authorization', authorization)
      const deadline = Date.now() + timeoutMs
      return new Promise((resolve) => {
        const publish = (clients[replica] as unknown as Record<string, UnaryCall>)['Publish']
        publish?.call(clients[replica], { events: events.map(toProto) }, metadata, { deadline }, (error, response) => {
          const status = error === null ? 200 : statusOfGrpc(error.code)
          resolve(events.map((_, i) => answerOf(response?.results[i] ?? { status }, began, null)))
        })
      })
    },
    [Symbol.dispose]() {
      agent.destroy()
      for (const client of clients) client.close()
    }
  }
}

type UnaryCall = (
  message: object,
  metadata: Metadata,
  options: { deadline: number },
  done: (error: { code: number } | null, response?: { results: readonly Result[] }) => void
) => void

function grpcClient() {
  const loaded = loadSync('sluice/collector/v1/collector.proto', {
    includeDirs: [join(repoRoot, 'proto')],
    longs: String,
    oneofs: true
  })
  return makeGenericClientConstructor(loaded['sluice.collector.v1.Collector'] as ServiceDefinition, 'Collector')
}

function answerOf({ status, code, partition, offset }: Result, began: number, retryAfter: string | null): Answer {
  const isPlaced = status === 202 && partition !== undefined && offset !== undefined
  const place = isPlaced ? ([Number(partition), Number(offset)] as const) : null
  return { status, code: code || null, place, ms: performance.now() - began, retryAfter }
}

/** Of all codes only these two speak about the event; whatever else goes wrong is no answer. */
function statusOfGrpc(code: number): number {
  return code === 3 ? 400 : code === 14 ? 503 : 0
}

function toProto({ id, source, specversion, type, data, ...attributes }: CloudEvent): object {
  const values = Object.entries(attributes).map(([name, value]) => [name, { ceString: String(value) }])
  return {
    id,
    source,
    specVersion: specversion,
    type,
    attributes: Object.fromEntries(values),
    textData: JSON.stringify(data)
  }
}
