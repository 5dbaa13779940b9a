import type { Checked, KafkaRecord, Log } from '@sluice/events'
import type { TopicSpec } from '@sluice/contracts'

/** How to reach a cluster. */
export interface KafkaSettings {
  readonly brokers: readonly string[]
  readonly clientId: string
  /** Null: plaintext. An empty object: TLS with the system's certificate authorities. */
  readonly tls: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string } | null
  readonly sasl: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  } | null
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Records of one partition that were deleted before they were read; both offsets are included. */
export interface Gap extends TopicPartition {
  readonly from: bigint
  readonly to: bigint
}

/** When retention will have deleted the oldest unread record of a partition, and when half of that is used up. */
export interface Risk {
  /** Milliseconds since the epoch. */
  readonly lossAtMs: number
  readonly halfAtMs: number
}

/** A loop over the partitions of a group that goes on until it is stopped or must not go on. */
export interface Running {
  /** Settles when the loop has ended: resolves after stop(), rejects with RefusedError or our own bug. */
  readonly done: Promise<void>
  /** Finishes what is in hand, leaves the group, closes every connection. Never rejects. */
  stop(): Promise<void>
  /** Why partitions do not move, in words. Empty: ready. */
  problems(): readonly string[]
}

export interface RunDeps {
  readonly log: Log
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** What runTransform needs to know: the topics, and what to do with their records. */
export interface TransformOptions<Item> {
  /** Consumer group; the transactional id of partition p is `<group>.<raw topic>.<p>`. */
  readonly group: string
  readonly topics: { readonly raw: TopicSpec; readonly enriched: TopicSpec; readonly dlq: TopicSpec }
  /** Named in each dead letter. */
  readonly service: { readonly name: string; readonly version: string }
  /** Judges one record by itself. Pure; what it throws makes the record a dead letter of reason `bug`. */
  readonly check: (record: KafkaRecord) => Verdict<Item>
  /**
   * Turns the items of one batch into outputs, one answer per item, in order. UnavailableError: the partition
   * waits and the same items come again; any other error is a bug, and its item becomes a dead letter.
   */
  readonly enrich: (items: readonly Item[], signal: AbortSignal) => Promise<readonly Checked<EnrichedRecord>[]>
  /** Losses that an operator knows of: a gap that is none of these ends the transform. */
  readonly acceptedGaps?: readonly Gap[]
  /** Called when a gap was passed by, and the dead letter for it is committed. */
  readonly onGap?: (gap: Gap) => void
  /** Called after each commit, for metrics. */
  readonly onCommitted?: (batch: CommittedBatch<Item>) => void
  /** Called after each fetch and its batches. */
  readonly onProgress?: (progress: Progress) => void
  /** Called at each fetch, before and after what came of it is done; null: the partition belongs to another, or nothing is ever deleted. */
  readonly onRisk?: (at: TopicPartition, risk: Risk | null) => void
  /** Called whenever a lane has finished a batch or a bounded attempt at something. */
  readonly tick?: () => void
  readonly sessionTimeoutMs?: number
  /** Records in one transaction. Default 500. */
  readonly maxBatchRecords?: number
  /** An identity that came within so many raw offsets is a repeat. Default 20,000. */
  readonly repeatWindow?: number
}

/** What a check found. `identity` and `contract` as far as they are known, whatever the result. */
export interface Verdict<Item> {
  /** identityOf(sourceid, source, id), or null where the event cannot be read that far. */
  readonly identity: string | null
  /** `flight.scheduled:1.0`, or null where the type is not known. */
  readonly contract: string | null
  readonly result: Checked<Item>
}

/** A record for the enriched topic, before runTransform adds lineage and the client's own headers. */
export interface EnrichedRecord {
  readonly key: Buffer | null
  readonly value: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** What became of one raw record. */
export type RecordOutcome<Item> =
  | { readonly kind: 'enriched'; readonly record: KafkaRecord; readonly item: Item }
  | { readonly kind: 'rejected'; readonly record: KafkaRecord; readonly reason: string; readonly item: Item | null }
  | { readonly kind: 'repeat'; readonly record: KafkaRecord; readonly firstOffset: bigint }

export interface CommittedBatch<Item> {
  readonly partition: number
  /** In the order of the raw offsets. */
  readonly outcomes: readonly RecordOutcome<Item>[]
  readonly enrichSeconds: number
  readonly commitSeconds: number
}

export interface Progress extends TopicPartition {
  /** Records that are committed to the topic and not read yet; null: the partition is not read here now. */
  readonly lag: number | null
  /** Doubled records dropped since the last report. */
  readonly doubled: number
}

/** What a sink remembers of one partition, saved together with its output. */
export interface SinkPosition {
  /** Next offset to read. */
  readonly next: bigint
  /** Raw offset of the last record taken; -1n: none yet. */
  readonly origin: bigint
}

/** A record with the raw offset that it came from; null: it names none that the raw topic has reached. */
export interface SinkRecord extends KafkaRecord {
  readonly origin: bigint | null
}

export interface SinkBatch extends TopicPartition {
  /** In offset order; doubled records are gone; never empty. */
  readonly records: readonly SinkRecord[]
  /** What the sink must still hold for this partition: null = nothing. If it holds anything else: return 'reopen'. */
  readonly expected: SinkPosition | null
  /** What to save together with this batch. */
  readonly next: bigint
  readonly origin: bigint
}

export interface SinkOptions {
  readonly group: string
  /** Co-partitioned: partition p of all of them goes to one member. */
  readonly topics: readonly TopicSpec[]
  /** What the origins of their records are offsets of. */
  readonly raw: TopicSpec
  /**
   * Where to go on, from the sink's own store; null = start of the log. Asked before the first read of a partition
   * and after every failure and 'reopen': forget whatever is held of the partition but not saved.
   */
  readonly open: (at: TopicPartition, signal: AbortSignal) => Promise<SinkPosition | null>
  /** 'reopen': the stored position differs, ask open() again. UnavailableError: wait, ask open() again. */
  readonly handle: (batch: SinkBatch, signal: AbortSignal) => Promise<'done' | 'reopen'>
  /** What to do about records that were deleted before they were read. Without it the sink always ends there. */
  readonly gaps?: SinkGaps
  /** Called after each fetch and its batch. */
  readonly onProgress?: (progress: Progress) => void
  /** Called at each fetch, before and after what came of it is done; null: the partition belongs to another, or nothing is ever deleted. */
  readonly onRisk?: (at: TopicPartition, risk: Risk | null) => void
  /** Called whenever a lane has finished a batch or a bounded attempt at something. */
  readonly tick?: () => void
  readonly sessionTimeoutMs?: number
  /** Bytes asked for in one fetch, as they lie in the log. Default 256 KiB. */
  readonly fetchBytes?: number
}

export interface SinkGaps {
  /** Losses that an operator knows of: a gap that is none of these ends the sink. */
  readonly accepted: readonly Gap[]
  /** Where a gap is written down before it is passed by. */
  readonly dlq: TopicSpec
  /** Named in the dead letter. */
  readonly service: { readonly name: string; readonly version: string }
  /** Saves that reading goes on behind the gap; `saved` is what open() answered or handle() saved. open() is asked next. */
  readonly pass: (gap: Gap, saved: SinkPosition | null, signal: AbortSignal) => Promise<void>
}

export interface RunningSink extends Running {
  /** Forgets the position of a partition and asks open() again before the next batch. */
  reopen(topic: string, partition: number): void
}

export interface LanesOptions {
  readonly topic: TopicSpec
  /** How long the first event of a batch waits for company. Default 5. */
  readonly lingerMs?: number
  /** Bytes that one lane may hold, sent or not, before it refuses more. Default 4 MiB. */
  readonly maxLaneBytes?: number
}

export interface OutgoingRecord {
  readonly partition: number
  readonly key: Buffer | null
  readonly value: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** The only way to send into a topic from outside a transaction. */
export interface Lanes extends AsyncDisposable {
  /**
   * Resolves when the record is durable (acks=all). Rejects with UnavailableError when that is in doubt, LaneFullError
   * when the lane holds too much, RecordTooLargeError when the topic cannot take the record.
   */
  send(record: OutgoingRecord): Promise<{ readonly partition: number; readonly offset: bigint }>
  /** Why sends would be refused now, in words; null: they would not. */
  problem(): string | null
}

export interface LogRange {
  /** First offset that is still there. */
  readonly start: bigint
  /** Next offset that a read_committed reader will see: everything below is decided. */
  readonly end: bigint
}

/** How far a group is in a partition. */
export interface PartitionLag extends LogRange {
  readonly partition: number
  /** Null: the group has committed nothing here. */
  readonly committed: bigint | null
  readonly lag: number
}
