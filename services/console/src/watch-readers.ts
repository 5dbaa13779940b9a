import type { Topics } from '@sluice/contracts'
import { createOffsetTimes, type OffsetTimes } from './offset-times.ts'
import { measureLag } from './reader-lag.ts'
import type { Tail, TailPartition } from './tail-topics.ts'
import type { Reader } from './wire/live.ts'

type Positions = ReadonlyMap<number, bigint>

export interface WatchReadersDeps {
  readonly topics: Topics
  readonly tail: Tail
  readonly now: () => number
  readonly flushMs: number
  /** Positions of the real-time loader; null: Redis is away. */
  readonly redisPositions: () => Promise<Positions | null>
  /** Position of the table that takes a type of event; the type is empty in the dlq topic. */
  readonly tablePosition: (topic: string, type: string, partition: number) => bigint | null
  /** Furthest positions in the lake by topic; null: it is away. */
  readonly lakePositions: (topic: string) => Positions | null
  readonly writeRate: (role: 'raw' | 'enriched' | 'dlq') => number | null
}

interface Tracked {
  positions: Positions | null
  /** When the console saw each position, by partition. */
  readonly seen: OffsetTimes[]
  readonly history: { atMs: number; ageMs: number }[]
  sum: bigint
  /** When the positions last moved, or had nothing to move for. */
  movedMs: number
  shown: Reader
}

/** Every reader of every topic: how far it is, as time, and whether it moves. */
export function watchReaders(deps: WatchReadersDeps) {
  const { topics, tail, now } = deps
  const readers = [
    { key: 'enricher', name: 'enricher', role: 'raw', windowMs: 2_000 },
    { key: 'realtime-loader', name: 'realtime-loader', role: 'enriched', windowMs: 2_000 },
    { key: 'batch-loader', name: 'batch-loader', role: 'enriched', windowMs: deps.flushMs + 5_000 },
    { key: 'batch-loader dlq', name: 'batch-loader', role: 'dlq', windowMs: deps.flushMs + 5_000 }
  ] as const
  const tracked = new Map<string, Tracked>(
    readers.map(({ key, name, role, windowMs }) => [
      key,
      {
        positions: null,
        seen: Array.from({ length: topics[role].partitions }, createOffsetTimes),
        history: [],
        sum: -1n,
        movedMs: now(),
        shown: {
          name,
          topic: topics[role].name,
          unread: null,
          oldestUnreadMs: null,
          trend: null,
          lossMs: null,
          worstPartition: null,
          windowMs
        }
      }
    ])
  )

  async function positionsOf(key: string): Promise<Positions | null> {
    try {
      if (key === 'enricher') return tail.samples.committed()
      if (key === 'realtime-loader') return await deps.redisPositions()
      return deps.lakePositions(key === 'batch-loader' ? topics.enriched.name : topics.dlq.name)
    } catch {
      return null
    }
  }

  return {
    async ask(): Promise<void> {
      const found = await Promise.all(readers.map(({ key }) => positionsOf(key)))
      for (const [i, { key, name, role, windowMs }] of readers.entries()) {
        const one = tracked.get(key)!
        const positions = found[i] ?? null
        one.positions = positions
        for (const [partition, position] of positions ?? []) one.seen[partition]?.add(position, now())
        const partitions: readonly TailPartition[] = tail[role]
        one.shown = measureLag({
          name,
          topic: topics[role].name,
          partitions,
          positions,
          ...(name === 'batch-loader' && {
            positionOf: (partition: number, kind: string) => deps.tablePosition(topics[role].name, kind, partition)
          }),
          retentionMs: topics[role].retentionMs,
          retentionBytes: topics[role].retentionBytes,
          windowMs,
          nowMs: now(),
          writeRate: deps.writeRate(role),
          history: one.history
        })
        noteProgress(one, now())
      }
    },
    shown: (): readonly Reader[] => readers.map(({ key }) => tracked.get(key)!.shown),
    positions: (key: (typeof readers)[number]['key']): Positions | null => tracked.get(key)!.positions,
    /** When the console saw the reader pass an offset. */
    passedAt: (key: (typeof readers)[number]['key'], partition: number, offset: bigint): number | null =>
      tracked.get(key)!.seen[partition]?.passedAt(offset) ?? null,
    /** Since when a reader has had something to read and has not moved; null: it moves, or it is within its window. */
    stuckSinceMs(name: string): number | null {
      const own = readers
        .filter((reader) => reader.name === name)
        .map(({ key, windowMs }) => ({ ...tracked.get(key)!, windowMs }))
      const since = own
        .filter(({ positions, shown }) => positions !== null && (shown.unread ?? 0) > 0)
        .map(({ movedMs, windowMs }) => movedMs + windowMs)
        .filter((atMs) => atMs < now())
      return since.length === 0 ? null : Math.min(...since)
    }
  }
}

function noteProgress(one: Tracked, nowMs: number): void {
  const sum = [...(one.positions ?? new Map<number, bigint>()).values()].reduce((a, b) => a + b, 0n)
  if (sum !== one.sum || (one.shown.unread ?? 0) === 0 || one.positions === null) one.movedMs = nowMs
  one.sum = sum
  if (one.shown.oldestUnreadMs === null) return
  one.history.push({ atMs: nowMs, ageMs: one.shown.oldestUnreadMs })
  while ((one.history[0]?.atMs ?? nowMs) < nowMs - 60_000) one.history.shift()
}
