import { join } from 'node:path'
import {
  credentials,
  makeGenericClientConstructor,
  Metadata,
  type ClientDuplexStream,
  type ServiceDefinition
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import type { CloudEvent } from '@sluice/events'

/** What the collector says of one event. */
export interface Answer {
  readonly status: number
  /** Why not; null where it was accepted. */
  readonly code: string | null
}

export interface CollectorClient extends Disposable {
  /** Sends one event, or a text in its place, over REST. */
  sendRest(body: string): Promise<Answer>
  /** Sends one event over a stream of its own. */
  sendGrpc(event: CloudEvent): Promise<Answer>
}

export interface CollectorAddresses {
  /** `127.0.0.1:8080` */
  readonly rest: string
  readonly grpc: string
  /** `<id>.<secret>` */
  readonly apiKey: string
  /** Folder of the .proto files. */
  readonly protoDir: string
}

/** A client as anyone would write it; 503 is answered by sending the same again. */
export function openCollectorClient({ rest, grpc, apiKey, protoDir }: CollectorAddresses): CollectorClient {
  const loaded = loadSync(join('sluice/collector/v1/collector.proto'), {
    includeDirs: [protoDir],
    longs: String,
    oneofs: true
  })
  const service = loaded['sluice.collector.v1.Collector'] as ServiceDefinition
  const Client = makeGenericClientConstructor(service, 'Collector')
  const client = new Client(grpc, credentials.createInsecure())
  const authorization = `Bearer ${apiKey}`

  async function postOnce(body: string): Promise<Answer> {
    const headers = { authorization, 'content-type': 'application/cloudevents+json' }
    const response = await fetch(`http://${rest}/v1/events`, { method: 'POST', headers, body })
    const { code, results } = (await response.json()) as { code?: string; results?: readonly { code?: string }[] }
    return { status: response.status, code: results?.[0]?.code ?? code ?? null }
  }

  function streamOnce(event: CloudEvent): Promise<Answer> {
    const metadata = new Metadata()
    metadata.set('authorization', authorization)
    const open = (client as unknown as Record<string, (metadata: Metadata) => ClientDuplexStream<object, Ack>>)[
      'PublishStream'
    ]
    const stream = open?.call(client, metadata)
    if (stream === undefined) throw new Error('the .proto has no PublishStream')
    return new Promise((resolve, reject) => {
      stream.once('data', ({ result: { status, code } }: Ack) => resolve({ status, code: code || null }))
      stream.once('error', reject)
      stream.write({ event: toProto(event), sequence: '1' })
      stream.end()
    })
  }

  return {
    sendRest: (body) => untilAnswered(() => postOnce(body)),
    sendGrpc: (event) => untilAnswered(() => streamOnce(event)),
    [Symbol.dispose]: () => client.close()
  }
}

interface Ack {
  readonly result: { readonly status: number; readonly code?: string }
}

const attempts = 20

async function untilAnswered(send: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send().catch((error: unknown) => {
      if (attempt === attempts) throw error
      return null
    })
    if (answer !== null && (answer.status < 500 || attempt === attempts)) return answer
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

/** The same event in the protobuf format of CloudEvents. */
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
