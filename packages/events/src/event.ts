/** A CloudEvent 1.0 as it travels in structured JSON mode. */
export interface CloudEvent {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  /** Carries the major version: `flight.scheduled.v1`. */
  readonly type: string
  /** RFC 3339, UTC or with offset, at most microseconds. */
  readonly time: string
  /** `application/json`, perhaps with its charset. Optional attributes may be null, which says the same as absent. */
  readonly datacontenttype?: string | null
  /** Carries the minor version: `urn:sluice:flight.scheduled:1.0`. */
  readonly dataschema?: string | null
  readonly subject?: string | null
  /** Added by the collector: when it accepted the event. */
  readonly receivedtime?: string
  /** Added by the collector: the id of the API key that sent it. */
  readonly sourceid?: string
  readonly data: unknown
  /** CloudEvents extension attributes: lower-case letters and digits, scalar values. */
  readonly [extension: string]: unknown
}

/** A Kafka record, as `packages/kafka` hands it out and takes it in. */
export interface KafkaRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** Milliseconds since the epoch: the broker's append time. */
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer>>
}

/** Header names on our topics. Values are UTF-8 text. */
export const header = {
  contentType: 'content-type',
  traceparent: 'traceparent',
  /** enriched: the event's type, `flight.scheduled.v1`. */
  eventType: 'event_type',
  /** enriched: version of the contract that the event was held to, `1.0`. */
  contractVersion: 'contract_version',
  /** enriched: offset of the raw record this one came from (same partition number). */
  originOffset: 'origin_offset',
  /** enriched: hash of (sourceid, source, id). */
  identity: 'identity',
  /** raw, set by whoever replays a dead letter: raw offset of the rejection. */
  replayOf: 'replay_of',
  dlqReason: 'dlq_reason',
  dlqPointer: 'dlq_pointer',
  dlqMessage: 'dlq_message',
  /** `flight.scheduled:1.0`, where the type is known. */
  dlqContract: 'dlq_contract',
  dlqIdentity: 'dlq_identity',
  dlqOriginTopic: 'dlq_origin_topic',
  dlqOriginPartition: 'dlq_origin_partition',
  dlqOriginOffset: 'dlq_origin_offset',
  dlqService: 'dlq_service',
  dlqServiceVersion: 'dlq_service_version',
  dlqTime: 'dlq_time',
  /** repeats: where the first one is. */
  dlqFirstPartition: 'dlq_first_partition',
  dlqFirstOffset: 'dlq_first_offset',
  /** gaps: first offset that was lost; the last one is the origin's. */
  dlqGapFrom: 'dlq_gap_from',
  /** the record's own key where a Kafka key may not carry it, base64. */
  dlqKey: 'dlq_key'
} as const

export const cloudEventsContentType = 'application/cloudevents+json'

/** `dlq_reason` of a repeat, beside those of RejectReason. */
export const repeatReason = 'repeat'

/** `dlq_reason` of what stands for records that were deleted unread, beside those of RejectReason. */
export const gapReason = 'gap'
