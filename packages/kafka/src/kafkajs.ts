import { createRequire } from 'node:module'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import kafkajs from 'kafkajs'
import type { ISocketFactory, Logger, RetryOptions, SASLOptions } from 'kafkajs'
import type { ConnectionOptions } from 'node:tls'
import { encodeRecord, type EncodedRecord, type RecordInput } from './encode-record.ts'

/*
 * Everything that is changed in kafkajs, and every door into its inside. It has no exports map, so that its own cluster
 * and protocol are importable; they have no types, so that what we use of them is declared here. Pinned to 2.2.4.
 */

const require = createRequire(import.meta.url)

export type { Admin, Producer, Transaction } from 'kafkajs'
export const { Kafka: KafkaJs, Partitioners, CompressionTypes, ConfigResourceTypes, logLevel } = kafkajs

export interface Broker {
  readonly connectionPool: { send<T>(exchange: Exchange<T>): Promise<T> }
  syncGroup(request: SyncGroupRequest): Promise<{ readonly memberAssignment: Buffer }>
  heartbeat(request: MemberRequest): Promise<unknown>
  leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>
  offsetCommit(request: MemberRequest & { readonly topics: readonly TopicOffsets[] }): Promise<unknown>
  offsetFetch(request: { readonly groupId: string; readonly topics: readonly TopicPartitions[] }): Promise<{
    readonly responses: readonly TopicOffsets[]
  }>
  listOffsets(request: {
    readonly replicaId: -1
    readonly isolationLevel: 0 | 1
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly { readonly partition: number; readonly timestamp: string }[]
    }[]
  }): Promise<{ readonly responses: readonly TopicOffsets[] }>
}

export interface Cluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  addTargetTopic(topic: string): Promise<void>
  refreshMetadata(): Promise<void>
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number; readonly leader: number }[]
  findBroker(options: { readonly nodeId: string }): Promise<Broker>
  findGroupCoordinator(options: { readonly groupId: string }): Promise<Broker>
}

export interface ClusterOptions {
  readonly brokers: string[]
  readonly clientId: string
  readonly ssl?: ConnectionOptions
  readonly sasl?: SASLOptions
  readonly connectionTimeout: number
  readonly authenticationTimeout: number
  readonly reauthenticationThreshold: number
  readonly requestTimeout: number
  readonly enforceRequestTimeout: boolean
  readonly metadataMaxAge: number
  readonly allowAutoTopicCreation: false
  readonly retry: RetryOptions
  readonly logger: Logger
  readonly socketFactory: ISocketFactory
}

/** A request and how to read its answer, as kafkajs' connections take it. */
export interface Exchange<T> {
  readonly request: unknown
  readonly response: { decode(payload: Buffer): Promise<T>; parse(decoded: T): Promise<T> }
  readonly requestTimeout?: number
}

export interface TopicPartitions {
  readonly topic: string
  readonly partitions: readonly { readonly partition: number }[]
}

export interface TopicOffsets {
  readonly topic: string
  readonly partitions: readonly { readonly partition: number; readonly offset: string }[]
}

interface MemberRequest {
  readonly groupId: string
  readonly groupGenerationId: number
  readonly memberId: string
}

export interface JoinGroupRequest {
  readonly groupId: string
  readonly sessionTimeout: number
  readonly rebalanceTimeout: number
  readonly memberId: string
  readonly protocolType: string
  readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[]
}

export interface JoinGroupResponse {
  readonly generationId: number
  readonly leaderId: string
  readonly memberId: string
  readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[]
}

interface SyncGroupRequest {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupAssignment: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[]
}

export interface FetchRequest {
  readonly replicaId: -1
  readonly isolationLevel: 0 | 1
  readonly maxWaitTime: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly fetchOffset: string
      readonly maxBytes: number
    }[]
  }[]
}

export const ClusterJs = require('kafkajs/src/cluster') as new (options: ClusterOptions) => Cluster
export const defaultSocketFactory = require('kafkajs/src/network/socketFactory') as () => ISocketFactory
export const fetchRequestV11 = require('kafkajs/src/protocol/requests/fetch/v11/request') as (
  request: FetchRequest
) => unknown
/** Not by Broker.joinGroup: that keeps the member id that it is given to itself until the whole group has joined. */
export const joinGroupV5 = require('kafkajs/src/protocol/requests/joinGroup').protocol({ version: 5 }) as (
  request: JoinGroupRequest
) => Exchange<JoinGroupResponse>
export const createErrorFromCode = require('kafkajs/src/protocol/error').createErrorFromCode as (
  code: number
) => Error & { readonly type: string }

/** The bytes that the consumer protocol puts into joinGroup and syncGroup, so that stock tools can show the group. */
export const assignerProtocol = require('kafkajs/src/consumer/assignerProtocol') as {
  readonly MemberMetadata: {
    encode(metadata: { version: number; topics: readonly string[]; userData: Buffer }): Buffer
    decode(bytes: Buffer): { readonly topics: readonly string[]; readonly userData: Buffer | null }
  }
  readonly MemberAssignment: {
    encode(assignment: { version: number; assignment: Readonly<Record<string, readonly number[]>> }): Buffer
    decode(bytes: Buffer): { readonly assignment: Readonly<Record<string, readonly number[]>> } | null
  }
}

/** Only for comparison. */
export const originalEncodeRecord = replaceRecordEncoder()
registerZstd()
quietIdleConnections()
forbidDefaultOffsets()

/** Before the first produce request, which is what loads it. */
function replaceRecordEncoder(): (record: RecordInput) => EncodedRecord {
  const path = 'kafkajs/src/protocol/recordBatch/record/v0'
  const original = require(path) as (record: RecordInput) => EncodedRecord
  const cached = require.cache[require.resolve(path)]
  if (!cached) throw new Error(`${path} is not where it was: which version of kafkajs is this?`)
  cached.exports = encodeRecord
  return original
}

/** kafkajs has no zstd of its own. Level 1: six times smaller for 2 µs an event, and less CPU in all. */
function registerZstd(): void {
  kafkajs.CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async (encoder: { readonly buffer: Buffer }) =>
      zstdCompressSync(encoder.buffer, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
    decompress: async (buffer: Buffer) => zstdDecompressSync(buffer)
  })
}

/**
 * Every connection wakes once a millisecond, for ever, to look into an empty queue (tulios/kafkajs #1556), and ten times
 * a second for requests that are too old, which here is a matter of seconds.
 */
function quietIdleConnections(): void {
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }
  prototype.scheduleCheckPendingRequests = checkPendingRequestsLater
  prototype.scheduleRequestTimeoutCheck = checkTimeoutsEverySecond
}

interface RequestQueue {
  readonly pending: readonly unknown[]
  readonly inflight: ReadonlyMap<number, InflightRequest>
  readonly throttledUntil: number
  readonly isConnected: () => boolean
  throttleCheckTimeoutId: NodeJS.Timeout | null
  requestTimeoutIntervalId: NodeJS.Timeout
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
  scheduleRequestTimeoutCheck(): void
  destroy(): void
}

interface InflightRequest {
  readonly sentAt: number
  readonly requestTimeout: number
  timeoutRequest(): void
}

function checkPendingRequestsLater(this: RequestQueue): void {
  if (this.throttleCheckTimeoutId || this.pending.length === 0) return // push() comes back here when something must wait
  const throttledMs = this.throttledUntil - Date.now()
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    },
    throttledMs > 0 ? throttledMs : 10
  )
}

function checkTimeoutsEverySecond(this: RequestQueue): void {
  this.destroy()
  this.requestTimeoutIntervalId = setInterval(() => {
    const now = Date.now()
    for (const request of this.inflight.values()) {
      if (now - request.sentAt > request.requestTimeout) request.timeoutRequest()
    }
    if (!this.isConnected()) this.destroy()
  }, 1_000)
}

/** kafkajs' consumer commits a default position even with autoCommit off (#1777). Nothing of ours uses it; nothing may. */
function forbidDefaultOffsets(): void {
  const OffsetManager = require('kafkajs/src/consumer/offsetManager') as { prototype: { setDefaultOffset(): unknown } }
  OffsetManager.prototype.setDefaultOffset = refuseDefaultOffset
}

function refuseDefaultOffset(): never {
  throw new Error('kafkajs wanted to set a default position: positions are never invented')
}
