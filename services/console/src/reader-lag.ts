import type { Reader } from './wire/live.ts'
import type { TailPartition } from './tail-topics.ts'

export interface LagInput {
  readonly name: string
  readonly topic: string
  readonly partitions: readonly TailPartition[]
  /** Next offset to read by partition; null: the source of positions is away. */
  readonly positions: ReadonlyMap<number, bigint> | null
  /** Where a reader keeps a position for each kind of record. */
  readonly positionOf?: ((partition: number, kind: string) => bigint | null) | undefined
  readonly retentionMs: number
  readonly retentionBytes: number
  readonly windowMs: number
  readonly nowMs: number
  /** Records per second that are written into the topic; null: not measured yet. */
  readonly writeRate: number | null
  /** Oldest-unread ages over the last minute, oldest first. */
  readonly history: readonly { readonly atMs: number; readonly ageMs: number }[]
}

/** Lag as time, and its other end: how long until the oldest unread record is deleted. Worst partition, never the mean. */
export function measureLag(input: LagInput): Reader {
  const { name, topic, partitions, positions, nowMs, windowMs } = input
  let unread: number | null = positions === null ? null : 0
  let oldestUnreadMs: number | null = positions === null ? null : 0
  let worstPartition: number | null = null
  let lossMs: number | 'never' | null = positions === null ? null : 'never'
  for (const { partition, start, end, times, recent, records, bytes } of partitions) {
    if (positions === null || start === null || end === null) continue
    const position = positions.get(partition) ?? start
    // Where the console reads the topic itself it counts data records; else every offset is one.
    const read =
      records === 0 && bytes === 0 ? null : recent.unread((kind) => input.positionOf?.(partition, kind) ?? position)
    const count = read?.count ?? Math.max(0, Number(end - position))
    unread = (unread ?? 0) + count
    if (count === 0) continue
    const at = read === null ? times.timeOf(position) : read.oldestMs
    const ageMs = at === null ? null : Math.max(0, nowMs - at)
    if (ageMs === null) oldestUnreadMs = null
    else if (oldestUnreadMs !== null && ageMs >= oldestUnreadMs) {
      oldestUnreadMs = ageMs
      worstPartition = partition
    }
    const rule = timeToLoss(input, ageMs ?? 0, count, records === 0 ? 1_000 : bytes / records)
    if (rule === null) lossMs = lossMs === 'never' ? null : lossMs
    else lossMs = typeof lossMs === 'number' ? Math.min(lossMs, rule) : rule
  }
  return {
    name,
    topic,
    unread,
    oldestUnreadMs,
    trend: trendOf(input, oldestUnreadMs),
    lossMs,
    worstPartition,
    windowMs
  }
}

/** The sooner of two rules: the record grows too old, or the partition too large at the present rate. */
function timeToLoss(input: LagInput, ageMs: number, unread: number, bytesPerRecord: number): number | null {
  const { retentionMs, retentionBytes, writeRate, partitions } = input
  const byTime = Math.max(0, retentionMs - ageMs)
  if (retentionBytes < 0) return byTime
  if (writeRate === null) return null
  const bytesPerSecond = (writeRate / partitions.length) * bytesPerRecord
  if (bytesPerSecond <= 0) return byTime
  return Math.min(byTime, (Math.max(0, retentionBytes - unread * bytesPerRecord) / bytesPerSecond) * 1_000)
}

/** Over 60 s; whoever stays inside its own window is steady. */
function trendOf({ history, windowMs }: LagInput, ageMs: number | null): Reader['trend'] {
  if (ageMs === null) return null
  if (ageMs === 0) return 'caught up'
  const first = history[0]
  if (ageMs <= windowMs || first === undefined) return 'steady'
  const change = ageMs - first.ageMs
  if (Math.abs(change) < 2_000) return 'steady'
  return change > 0 ? 'falling behind' : 'catching up'
}
