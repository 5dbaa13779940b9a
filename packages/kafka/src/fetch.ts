import { createErrorFromCode, fetchRequestV11, type Broker } from './kafkajs.ts'
import type { AbortedTransaction } from './record-batch.ts'

export interface FetchAnswer {
  readonly errorCode: number
  readonly highWatermark: bigint
  readonly lastStableOffset: bigint
  readonly logStartOffset: bigint
  readonly aborted: readonly AbortedTransaction[]
  readonly batches: Buffer
}

export interface FetchOptions {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly maxBytes: number
  readonly maxWaitMs: number
}

/** OFFSET_OUT_OF_RANGE */
export const outOfRangeCode = 1

/** One read_committed fetch of one partition (API 1, version 11: every broker since Kafka 2.3), batches still encoded. */
export async function fetchPartition(broker: Broker, options: FetchOptions): Promise<FetchAnswer> {
  const { topic, partition, offset, maxBytes, maxWaitMs } = options
  const answer = await broker.connectionPool.send({
    request: fetchRequestV11({
      replicaId: -1,
      isolationLevel: 1,
      maxWaitTime: maxWaitMs,
      minBytes: 1,
      maxBytes,
      topics: [{ topic, partitions: [{ partition, fetchOffset: offset.toString(), maxBytes }] }]
    }),
    response: { decode: async (payload) => decodeAnswer(payload), parse: async (decoded) => decoded },
    // kafkajs takes the longer of this and its own 10 s.
    requestTimeout: maxWaitMs + 1_000
  })
  if (answer.errorCode !== 0 && answer.errorCode !== outOfRangeCode) throw createErrorFromCode(answer.errorCode)
  return answer
}

/** `clientSideThrottleTime` is what kafkajs' connection looks for to obey a quota. */
function decodeAnswer(payload: Buffer): FetchAnswer & { readonly clientSideThrottleTime: number } {
  let at = 0
  const int16 = (): number => payload.readInt16BE((at += 2) - 2)
  const int32 = (): number => payload.readInt32BE((at += 4) - 4)
  const int64 = (): bigint => payload.readBigInt64BE((at += 8) - 8)
  const clientSideThrottleTime = int32()
  const sessionErrorCode = int16()
  if (sessionErrorCode !== 0) throw createErrorFromCode(sessionErrorCode)
  at += 4 // session id
  at += 4 // one topic, as asked for
  const nameLength = int16()
  at += nameLength
  at += 4 // one partition
  at += 4 // its number
  const errorCode = int16()
  const highWatermark = int64()
  const lastStableOffset = int64()
  const logStartOffset = int64()
  const aborted: AbortedTransaction[] = []
  for (let left = int32(); left > 0; left--) aborted.push({ producerId: int64(), firstOffset: int64() })
  at += 4 // preferred read replica
  const length = int32()
  const batches = payload.subarray(at, at + Math.max(0, length))
  return { clientSideThrottleTime, errorCode, highWatermark, lastStableOffset, logStartOffset, aborted, batches }
}
