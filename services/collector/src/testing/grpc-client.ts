import { join } from 'node:path'
import {
  type Client,
  type ClientDuplexStream,
  credentials,
  makeGenericClientConstructor,
  Metadata,
  type ServiceDefinition,
  type ServiceError
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { resultsTrailer } from '../grpc-status.ts'
import { bearer, type TestEvent } from './fixtures.ts'

/* The collector's gRPC interface as a stock client sees it. */

const includeDirs = [join(import.meta.dirname, '../../../../proto')]
const loaded = loadSync('sluice/collector/v1/collector.proto', {
  includeDirs,
  longs: String,
  oneofs: true,
  defaults: true
})
const service = loaded['sluice.collector.v1.Collector'] as ServiceDefinition
const CollectorClient = makeGenericClientConstructor(service, 'Collector')

export interface ProtoResult {
  readonly id: string
  readonly status: number
  readonly code: string
  readonly pointer: string
  readonly partition?: number
  readonly offset?: string
}

interface ProtoAck {
  readonly sequence: string
  readonly result: ProtoResult
}

/** An event in the protobuf format, as much of it as the test gives. */
export type ProtoEvent = Readonly<Record<string, unknown>>

export interface GrpcTestClient extends Disposable {
  readonly client: Client
  publish(events: readonly ProtoEvent[], authorization?: string): Promise<readonly ProtoResult[]>
  /** Sends bytes in the place of a request. */
  publishBytes(bytes: Buffer): Promise<readonly ProtoResult[]>
  stream(authorization?: string): TestStream
}

export interface TestStream {
  readonly call: ClientDuplexStream<unknown, ProtoAck>
  readonly acks: readonly ProtoAck[]
  send(event: ProtoEvent, sequence: number): void
  /** Status with which the stream ends; null is OK. */
  readonly ended: Promise<ServiceError | null>
}

export function grpcClient(port: number): GrpcTestClient {
  const client = new CollectorClient(`127.0.0.1:${port}`, credentials.createInsecure())
  const methods = client as unknown as Record<string, (...args: unknown[]) => unknown>

  function stream(authorization = bearer()): TestStream {
    const call = methods['PublishStream']?.(withKey(authorization), soon()) as ClientDuplexStream<unknown, ProtoAck>
    const acks: ProtoAck[] = []
    const { promise: ended, resolve } = Promise.withResolvers<ServiceError | null>()
    call.on('data', (ack: ProtoAck) => acks.push(ack))
    call.on('error', (error: ServiceError) => resolve(error))
    call.on('end', () => setImmediate(() => resolve(null))) // an error comes after the end
    return { call, acks, ended, send: (event, sequence) => void call.write({ event, sequence: String(sequence) }) }
  }

  return {
    client,
    stream,
    publish: (events, authorization = bearer()) =>
      new Promise((resolve, reject) => {
        methods['Publish']?.({ events }, withKey(authorization), soon(), unary(resolve, reject))
      }),
    publishBytes: (bytes) =>
      new Promise((resolve, reject) => {
        const { path, responseDeserialize } = service['Publish'] as NonNullable<(typeof service)[string]>
        client.makeUnaryRequest(path, asIs, responseDeserialize, bytes, withKey(bearer()), unary(resolve, reject))
      }),
    [Symbol.dispose]: () => client.close()
  }
}

/** The results in the trailer of a call that failed. */
export function trailingResults({ metadata }: ServiceError): readonly ProtoResult[] {
  const [bytes] = metadata.get(resultsTrailer)
  if (!Buffer.isBuffer(bytes)) return []
  const response = service['Publish']?.responseDeserialize(bytes) as { results: ProtoResult[] } | undefined
  return response?.results ?? []
}

/** The bytes of a `PublishRequest` as protobufjs writes them. */
export function encodeRequest(events: readonly ProtoEvent[]): Buffer {
  return service['Publish']?.requestSerialize({ events }) ?? Buffer.alloc(0)
}

/** The same event in the protobuf format. */
export function toProto({ id, source, specversion, type, data, ...attributes }: TestEvent): ProtoEvent {
  const values = Object.entries(attributes).map(([name, value]) => [name, attributeValue(value)])
  const event = { id, source, specVersion: specversion, type, attributes: Object.fromEntries(values) as object }
  return data === undefined ? event : { ...event, textData: JSON.stringify(data) }
}

function attributeValue(value: unknown): object {
  if (typeof value === 'boolean') return { ceBoolean: value }
  return typeof value === 'number' ? { ceInteger: value } : { ceString: value }
}

/** So that a call that does not end fails its test. */
function soon(): { readonly deadline: number } {
  return { deadline: Date.now() + 30_000 }
}

function withKey(authorization: string): Metadata {
  const metadata = new Metadata()
  if (authorization !== '') metadata.set('authorization', authorization)
  return metadata
}

function unary(resolve: (results: readonly ProtoResult[]) => void, reject: (error: ServiceError) => void) {
  return (error: ServiceError | null, response?: { results?: ProtoResult[] }) => {
    if (error) reject(error)
    else resolve(response?.results ?? [])
  }
}

/** The error with which a call fails. */
export async function failureOf(call: Promise<unknown>): Promise<ServiceError> {
  try {
    await call
  } catch (error) {
    return error as ServiceError
  }
  throw new Error('expected the call to fail')
}

function asIs(bytes: Buffer): Buffer {
  return bytes
}
