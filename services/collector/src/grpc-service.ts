import { join } from 'node:path'
import type {
  ServiceDefinition,
  UntypedServiceImplementation,
  handleBidiStreamingCall,
  handleUnaryCall
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import type { Result } from './results.ts'

/** `Ack` as proto-loader takes it. */
export interface AckMessage {
  readonly sequence: string
  readonly result: ResultMessage
}

export type ResultMessage = Omit<Result, 'id'> & { readonly id: string }

export interface PublishResponse {
  readonly results: readonly ResultMessage[]
}

/** Requests arrive as bytes: they are decoded in the handlers, which can say what is wrong with them. */
export interface CollectorHandlers extends UntypedServiceImplementation {
  Publish: handleUnaryCall<Buffer, PublishResponse>
  PublishStream: handleBidiStreamingCall<Buffer, AckMessage>
}

const protoDir = join(import.meta.dirname, '../../../proto')

/** `sluice.collector.v1.Collector` with requests left undecoded. */
export function loadCollectorService(): ServiceDefinition<CollectorHandlers> {
  const loaded = loadSync('sluice/collector/v1/collector.proto', {
    includeDirs: [protoDir],
    longs: String,
    oneofs: true
  })
  const service = loaded['sluice.collector.v1.Collector'] as ServiceDefinition
  const methods = Object.entries(service).map(([name, method]) => [
    name,
    { ...method, requestDeserialize: (bytes: Buffer) => bytes }
  ])
  return Object.fromEntries(methods) as ServiceDefinition<CollectorHandlers>
}

export function resultMessage({ id, ...result }: Result): ResultMessage {
  return { id: id ?? '', ...result }
}
