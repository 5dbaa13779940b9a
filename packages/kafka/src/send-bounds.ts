/**
 * kafkajs puts a send into one batch and never splits it, in time that grows with the square of its records; the broker
 * refuses a batch above the topic's limit as it lies in the log. So every send is cut, by what it is uncompressed.
 */
export const maxSendRecords = 500
export const maxSendBytes = 768 * 1024

/** Key of four zero bytes: kafkajs, and whoever reads with it, takes it for an abort marker. */
const abortMarkerKey = Buffer.alloc(4)

export interface SizedRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, string | Buffer>>
}

/** Upper bound of what a record takes in a batch of its own, even if compression makes it larger (zstd: by 1/256). */
export function sizeOf({ key, value, headers }: SizedRecord): number {
  let bytes = batchOverhead + (key?.length ?? 0) + (value?.length ?? 0)
  for (const [name, header] of Object.entries(headers)) {
    bytes += headerOverhead + Buffer.byteLength(name) + Buffer.byteLength(header)
  }
  return bytes + (bytes >> 8)
}

/** Header of the batch, and the record's lengths, deltas and attributes at their longest. */
const batchOverhead = 61 + 40
const headerOverhead = 10

/** How many records from `start` on make up the next send; a record above the bound goes alone. */
export function countForOneSend(records: readonly { readonly bytes: number }[], start = 0): number {
  let bytes = 0
  let count = 0
  for (const record of records.slice(start, start + maxSendRecords)) {
    bytes += record.bytes
    if (count > 0 && bytes > maxSendBytes) break
    count++
  }
  return count
}

/** A key that every reader understands. */
export function isLegalKey(key: Buffer | null): boolean {
  return key === null || !key.equals(abortMarkerKey)
}
