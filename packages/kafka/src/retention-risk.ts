import type { TopicSpec } from '@sluice/contracts'
import type { Fetched } from './partition-reader.ts'
import type { Risk } from './types.ts'

/** How long rates are measured before they count. */
const windowMs = 10_000

interface Mark {
  readonly atMs: number
  readonly end: bigint
}

/**
 * When retention will have deleted the oldest unread record of a partition: by its age, or by what is written behind it
 * at the present rate, whichever comes first. The broker deletes whole segments, so it mostly happens later.
 */
export function createRetentionRisk(
  { retentionMs, retentionBytes }: Pick<TopicSpec, 'retentionMs' | 'retentionBytes'>,
  now: () => number
) {
  let mark: Mark | null = null
  let recordsPerMs = 0
  let bytesPerRecord = 0

  function measure({ highWatermark, bytes, next }: Fetched, position: bigint): void {
    const atMs = now()
    if (next > position) {
      const each = bytes / Number(next - position)
      bytesPerRecord = bytesPerRecord === 0 ? each : 0.9 * bytesPerRecord + 0.1 * each
    }
    mark ??= { atMs, end: highWatermark }
    if (atMs - mark.atMs < windowMs) return
    recordsPerMs = Number(highWatermark - mark.end) / (atMs - mark.atMs)
    mark = { atMs, end: highWatermark }
  }

  function riskOf(unread: number, oldestMs: number): Risk | null {
    const byAge = retentionMs < 0 ? never : { lossAtMs: oldestMs + retentionMs, halfAtMs: oldestMs + retentionMs / 2 }
    const bySize = retentionBytes < 0 ? never : fillingUp(unread * bytesPerRecord, recordsPerMs * bytesPerRecord)
    const lossAtMs = Math.min(byAge.lossAtMs, bySize.lossAtMs)
    return lossAtMs === Infinity ? null : { lossAtMs, halfAtMs: Math.min(byAge.halfAtMs, bySize.halfAtMs) }
  }

  function fillingUp(bytes: number, bytesPerMs: number): Risk {
    const reaches = (limit: number): number => {
      if (bytes >= limit) return now()
      return bytesPerMs <= 0 ? Infinity : now() + (limit - bytes) / bytesPerMs
    }
    return { lossAtMs: reaches(retentionBytes), halfAtMs: reaches(retentionBytes / 2) }
  }

  return {
    /** All of this has been fetched, from this position, and none of it is done. Null: retention does not end. */
    unread(fetched: Fetched, position: bigint): Risk | null {
      measure(fetched, position)
      return riskOf(Number(fetched.highWatermark - position), fetched.records[0]?.timestampMs ?? now())
    },
    /** All of this is done. Whatever comes next is no older than its last record, or than now if there is nothing left. */
    read({ highWatermark, next, records }: Fetched): Risk | null {
      const oldestMs = next >= highWatermark ? now() : (records.at(-1)?.timestampMs ?? now())
      return riskOf(Number(highWatermark - next), oldestMs)
    }
  }
}

const never: Risk = { lossAtMs: Infinity, halfAtMs: Infinity }
