import { join } from 'node:path'
import {
  loadPackageDefinition,
  Metadata,
  Server,
  ServerCredentials,
  status,
  type ServerDuplexStream,
  type ServiceDefinition
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

interface Received {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly text_data: string
  readonly attributes: Readonly<Record<string, { readonly attr: string; readonly [kind: string]: unknown }>>
}

/** What the stand-in does with one event. */
export type Reaction =
  | 'accept'
  /** Refused for its content. */
  | 'refuse'
  /** In doubt: the rest of the stream is to be sent again, and it ends. */
  | 'fail'
  /** Stored, but the stream is cut before its ack. */
  | 'cut'

export interface StreamStandIn extends AsyncDisposable {
  readonly address: string
  /** Everything stored, in order, repeats included. */
  readonly stored: readonly Received[]
  readonly streams: number
  react: (event: Received) => Reaction
}

interface StreamRequest {
  readonly sequence: string
  readonly event: Received
}

const protoDir = join(import.meta.dirname, '../../../../proto')

/** A client's counterpart that does to it what a collector under faults may do. The real one is met in e2e. */
export async function startStreamStandIn(): Promise<StreamStandIn> {
  const stored: Received[] = []
  const standIn: { react: StreamStandIn['react']; streams: number } = { react: () => 'accept', streams: 0 }

  function publishStream(call: ServerDuplexStream<StreamRequest, object>): void {
    standIn.streams++
    let hasFailed = false
    function acknowledge(sequence: string, id: string, httpStatus: number, code: string): void {
      call.write({ sequence, result: { id, status: httpStatus, code } })
    }
    function end(): void {
      setImmediate(() => call.emit('error', { code: status.UNAVAILABLE, details: 'in_doubt', metadata: pushback }))
    }
    call.on('data', ({ sequence, event }: StreamRequest) => {
      if (hasFailed) return acknowledge(sequence, event.id, 503, 'retry_in_order')
      const reaction = standIn.react(event)
      if (reaction === 'accept' || reaction === 'cut') stored.push(event)
      if (reaction === 'accept') return acknowledge(sequence, event.id, 202, '')
      if (reaction === 'refuse') return acknowledge(sequence, event.id, 400, 'envelope')
      hasFailed = true
      if (reaction === 'fail') acknowledge(sequence, event.id, 503, 'in_doubt')
      end()
    })
    call.on('end', () => call.end())
    call.on('error', () => undefined)
  }

  const server = new Server()
  server.addService(loadService(), { PublishStream: publishStream })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error)
    )
  })
  return Object.assign(standIn, {
    stored,
    address: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => Promise.resolve(server.forceShutdown())
  })
}

const pushback = new Metadata()
pushback.set('grpc-retry-pushback-ms', '0')

function loadService(): ServiceDefinition {
  const options = { includeDirs: [protoDir], keepCase: true, longs: String, defaults: true, oneofs: true }
  const loaded = loadPackageDefinition(loadSync('sluice/collector/v1/collector.proto', options)) as unknown as {
    readonly sluice: {
      readonly collector: { readonly v1: { readonly Collector: { readonly service: ServiceDefinition } } }
    }
  }
  return loaded.sluice.collector.v1.Collector.service
}
