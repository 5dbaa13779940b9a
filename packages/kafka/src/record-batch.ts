import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { KafkaRecord } from '@sluice/events'

/*
 * Record batches, version 2 (https://kafka.apache.org/documentation/#recordbatch), read by ourselves. kafkajs' decoder
 * hands out records without the batch that they came in, filters aborted ones by a key of four zero bytes that any
 * writer may use, copies every header once per header, and gives `__proto__` as a header name what it asks for.
 */

/** A record as it lies in the log. */
export interface LogRecord extends KafkaRecord {
  /** What our record type cannot carry: a header without a value, or a name that occurs twice. Null: nothing. */
  readonly headerProblem: string | null
}

/** A transaction that was aborted: records of this producer from this offset up to its abort marker are not there. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: bigint
}

export interface DecodedBatches {
  /** Data records at or above the position, in order. */
  readonly records: LogRecord[]
  /** Offset after the last complete batch, control records and aborted ones included; the position if there is none. */
  readonly next: bigint
  /** Of the complete batches, as they lie in the log. */
  readonly bytes: number
}

/** A batch that cannot be read: a codec that Node does not have, or bytes that make no sense. */
class UnreadableBatchError extends Error {
  override readonly name = 'UnreadableBatchError'
}

/** Reads the complete batches in `bytes`; a batch that is cut off at the end is left for the next fetch. */
export function decodeBatches(
  bytes: Buffer,
  source: { readonly topic: string; readonly partition: number; readonly position: bigint },
  aborted: readonly AbortedTransaction[]
): DecodedBatches {
  const records: LogRecord[] = []
  const pending = aborted.toSorted((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1))
  const abortedProducers = new Set<bigint>()
  let next = source.position
  let consumed = 0
  for (let at = 0; at + headerBytes <= bytes.length;) {
    const end = at + 12 + bytes.readInt32BE(at + 8)
    if (end > bytes.length) break
    const batch = readHeader(bytes, at)
    while (pending[0] && pending[0].firstOffset <= batch.lastOffset) abortedProducers.add(pending.shift()!.producerId)
    if (batch.isControl) {
      if (isAbortMarker(bytes, at, end)) abortedProducers.delete(batch.producerId)
    } else if (
      batch.lastOffset >= source.position &&
      !(batch.isTransactional && abortedProducers.has(batch.producerId))
    ) {
      decodeRecords(decompress(bytes.subarray(at + headerBytes, end), batch), batch, source, records)
    }
    if (batch.lastOffset >= next) next = batch.lastOffset + 1n
    at = end
    consumed = end
  }
  if (next === source.position && bytes.length > 0)
    throw new UnreadableBatchError('not one complete batch in the answer')
  return { records, next, bytes: consumed }
}

const headerBytes = 61

interface BatchHeader {
  readonly baseOffset: bigint
  readonly lastOffset: bigint
  readonly codec: number
  /** Null: each record has its own time, relative to baseTimestampMs. */
  readonly appendTimeMs: number | null
  readonly baseTimestampMs: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly producerId: bigint
  readonly count: number
}

function readHeader(bytes: Buffer, at: number): BatchHeader {
  const magic = bytes.readInt8(at + 16)
  if (magic !== 2) throw new UnreadableBatchError(`record batches of version ${magic} are not supported`)
  const baseOffset = bytes.readBigInt64BE(at)
  const attributes = bytes.readInt16BE(at + 21)
  return {
    baseOffset,
    lastOffset: baseOffset + BigInt(bytes.readInt32BE(at + 23)),
    codec: attributes & 0x07,
    appendTimeMs: attributes & 0x08 ? Number(bytes.readBigInt64BE(at + 35)) : null,
    baseTimestampMs: Number(bytes.readBigInt64BE(at + 27)),
    isTransactional: (attributes & 0x10) !== 0,
    isControl: (attributes & 0x20) !== 0,
    producerId: bytes.readBigInt64BE(at + 43),
    count: bytes.readInt32BE(at + 57)
  }
}

/** The key of a control record is a version and a type (0 = abort, 1 = commit), both int16. */
function isAbortMarker(bytes: Buffer, at: number, end: number): boolean {
  const cursor = new Cursor(bytes.subarray(at + headerBytes, end))
  cursor.varint() // length
  cursor.at += 1 // attributes
  cursor.varint() // timestamp
  cursor.varint() // offset
  return cursor.bytes()?.readInt16BE(2) === 0
}

/** A batch is at most the topic's limit as it lies in the log; this bounds what it may become in memory. */
const maxOutputLength = 64 * 1024 * 1024

function decompress(compressed: Buffer, { codec, baseOffset }: BatchHeader): Buffer {
  try {
    if (codec === 0) return compressed
    if (codec === 1) return gunzipSync(compressed, { maxOutputLength })
    if (codec === 4) return zstdDecompressSync(compressed, { maxOutputLength })
  } catch (cause) {
    throw new UnreadableBatchError(`the batch at offset ${baseOffset} cannot be decompressed`, { cause })
  }
  const name = ['', '', 'snappy', 'lz4'][codec] ?? `codec ${codec}`
  throw new UnreadableBatchError(`the batch at offset ${baseOffset} is compressed with ${name}; use zstd, gzip or none`)
}

function decodeRecords(
  body: Buffer,
  batch: BatchHeader,
  { topic, partition, position }: { readonly topic: string; readonly partition: number; readonly position: bigint },
  into: LogRecord[]
): void {
  const cursor = new Cursor(body)
  for (let i = 0; i < batch.count; i++) {
    const end = cursor.varint() + cursor.at
    cursor.at += 1 // attributes, unused by the protocol
    const timestampDelta = cursor.varint()
    const offset = batch.baseOffset + BigInt(cursor.varint())
    if (offset < position) {
      cursor.at = end
      continue
    }
    const key = cursor.bytes()
    const value = cursor.bytes()
    const { headers, headerProblem } = readHeaders(cursor)
    if (cursor.at !== end || end > body.length) {
      throw new UnreadableBatchError(`the record at offset ${offset} does not end where it says`)
    }
    const timestampMs = batch.appendTimeMs ?? batch.baseTimestampMs + timestampDelta
    into.push({ topic, partition, offset, timestampMs, key, value, headers, headerProblem })
  }
}

function readHeaders(cursor: Cursor): Pick<LogRecord, 'headers' | 'headerProblem'> {
  const headers: Record<string, Buffer> = {}
  let headerProblem: string | null = null
  for (let left = cursor.varint(); left > 0; left--) {
    const name = cursor.bytes()?.toString('utf8') ?? ''
    const value = cursor.bytes()
    if (value === null) headerProblem ??= `header ${JSON.stringify(name)} has no value`
    else if (name === '__proto__') headerProblem ??= 'a header is named __proto__'
    else if (Object.hasOwn(headers, name)) headerProblem ??= `header ${JSON.stringify(name)} occurs twice`
    else headers[name] = value
  }
  return { headers, headerProblem }
}

/** Reads the protocol's variable-length numbers (zigzag) and byte strings. */
class Cursor {
  at = 0
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  varint(): number {
    let result = 0
    let factor = 1
    for (;;) {
      const byte = this.#bytes[this.at++]
      if (byte === undefined || factor > 2 ** 63)
        throw new UnreadableBatchError('a batch ends in the middle of a number')
      // Not by shifts: a timestamp delta has up to 64 bits. Beyond 2^53 it loses its last bits, and no time is there.
      result += (byte & 0x7f) * factor
      if (byte < 0x80) break
      factor *= 128
    }
    return result % 2 === 0 ? result / 2 : -(result + 1) / 2
  }

  bytes(): Buffer | null {
    const length = this.varint()
    if (length < 0) return null
    const start = this.at
    this.at += length
    return this.#bytes.subarray(start, this.at)
  }
}
