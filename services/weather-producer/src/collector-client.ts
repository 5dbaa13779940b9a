import { join } from 'node:path'
import { type ClientDuplexStream, credentials, loadPackageDefinition, Metadata } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import type { CloudEvent } from '@sluice/events'

export interface CollectorTarget {
  /** `host:port` */
  readonly address: string
  readonly tls: boolean
  readonly apiKey: string
}

/** `PublishStreamRequest` and `Ack`, as far as we need them. */
interface StreamRequest {
  readonly sequence: number
  readonly event: object
}
export interface Ack {
  readonly sequence: string
  readonly result: { readonly status: number; readonly code: string; readonly pointer: string } | null
}

export type PublishStream = ClientDuplexStream<StreamRequest, Ack>

export interface CollectorClient extends Disposable {
  openStream(): PublishStream
}

interface Stub {
  PublishStream(metadata: Metadata): PublishStream
  close(): void
}

const protoDir = join(import.meta.dirname, '../../../proto')

/** grpc-js waits up to two minutes before it tries a connection again; a producer catches up sooner. */
const channelOptions = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 2000 }

/** A client of `sluice.collector.v1.Collector`; connects when the first stream is opened. */
export function openCollector({ address, tls, apiKey }: CollectorTarget): CollectorClient {
  const definition = loadSync('sluice/collector/v1/collector.proto', {
    includeDirs: [protoDir],
    keepCase: true,
    longs: String,
    defaults: true,
    oneofs: true
  })
  const loaded = loadPackageDefinition(definition) as unknown as {
    readonly sluice: {
      readonly collector: { readonly v1: { readonly Collector: new (...args: readonly unknown[]) => Stub } }
    }
  }
  const { Collector } = loaded.sluice.collector.v1
  const stub = new Collector(address, tls ? credentials.createSsl() : credentials.createInsecure(), channelOptions)
  return {
    openStream() {
      const metadata = new Metadata()
      metadata.set('authorization', `Bearer ${apiKey}`)
      return stub.PublishStream(metadata)
    },
    [Symbol.dispose]: () => stub.close()
  }
}

/** An event in the protobuf format of CloudEvents. */
export function toProtobuf(event: CloudEvent): object {
  const { id, source, specversion, type, data, time, ...others } = event
  const attributes: Record<string, object> = { time: { ce_timestamp: timestampOf(time) } }
  for (const [name, value] of Object.entries(others)) {
    if (value !== undefined) attributes[name] = { [name === 'dataschema' ? 'ce_uri' : 'ce_string']: value }
  }
  return { id, source, spec_version: specversion, type, attributes, text_data: JSON.stringify(data) }
}

function timestampOf(time: string): object {
  const ms = Date.parse(time)
  return { seconds: Math.floor(ms / 1000), nanos: (ms - Math.floor(ms / 1000) * 1000) * 1_000_000 }
}
