import { gapReason, header, repeatReason, type KafkaRecord } from '@sluice/events'
import type { Tail } from './tail-topics.ts'
import { originOf } from './origin-of.ts'
import type { Account } from './wire/live.ts'

/** How far the raw topic goes and how far the enricher is in it, asked for in one go. */
export interface RawSample {
  readonly atMs: number
  readonly ends: ReadonlyMap<number, bigint>
  /** By partition; none: the enricher has committed nothing there. */
  readonly committed: ReadonlyMap<number, bigint>
}

type Outputs = Pick<Tail, 'enriched' | 'dlq'>

type Outcome = 'enriched' | 'deadLetters' | 'repeats'

interface Counted {
  readonly counts: Record<Outcome, number>
  /** Newest origins, in the order in which they were read: what lies beyond a sample is not counted against it. */
  readonly recent: { readonly origin: bigint; readonly outcome: Outcome; readonly records: number }[]
  firstMs: number | null
}

/** More than is enriched between two samples. */
const maxRecent = 60_000

/**
 * Counts what became of each raw record, and says what it adds up to. All terms are as of one sample of the raw topic and
 * of the enricher's position, a moment old, so that what was committed by then has been read here by now.
 */
export function createAccount(now: () => number, rawTopic: string) {
  const byPartition = new Map<number, Counted>()
  let unaccountedSinceMs: number | null = null

  function countedOf(partition: number): Counted {
    const known = byPartition.get(partition) ?? {
      counts: { enriched: 0, deadLetters: 0, repeats: 0 },
      recent: [],
      firstMs: null
    }
    byPartition.set(partition, known)
    return known
  }

  return {
    count(role: 'enriched' | 'dlq', record: KafkaRecord, base: bigint | null): void {
      const origin = originOf(role, record)
      if (base === null || origin === null || origin < base) return
      const counted = countedOf(record.partition)
      counted.firstMs = Math.min(counted.firstMs ?? Infinity, record.timestampMs)
      const text = (name: string): string | undefined => record.headers[name]?.toString()
      const reason = text(header.dlqReason)
      const isGap = role === 'dlq' && reason === gapReason
      // A loader's gap is not one of the raw topic.
      if (isGap && text(header.dlqOriginTopic) !== rawTopic) return
      // It stands for all the raw records from the first to the last that were lost.
      const first = isGap ? BigInt(text(header.dlqGapFrom) ?? origin) : origin
      const outcome = role === 'enriched' ? 'enriched' : reason === repeatReason ? 'repeats' : 'deadLetters'
      const records = Number(origin - (first < base ? base : first)) + 1
      counted.counts[outcome] += records
      counted.recent.push({ origin, outcome, records })
      if (counted.recent.length > maxRecent) counted.recent.splice(0, maxRecent / 2)
    },

    restart(partition: number): void {
      byPartition.delete(partition)
    },

    /** Null until every partition is known. */
    read(tail: Outputs & Pick<Tail, 'base' | 'isWhole'>, sample: RawSample | null): Account | null {
      if (sample === null) return null
      const sum = { raw: 0, inFlight: 0, enriched: 0, deadLetters: 0, repeats: 0 }
      for (const [partition, base] of tail.base.entries()) {
        const end = sample.ends.get(partition)
        if (end === undefined || base === null) return null
        const committed = clamp(sample.committed.get(partition) ?? base, base, end)
        sum.raw += Number(end > base ? end - base : 0n)
        sum.inFlight += Number(end - committed)
        const { counts, recent } = countedOf(partition)
        for (const outcome of ['enriched', 'deadLetters', 'repeats'] as const) sum[outcome] += counts[outcome]
        for (let i = recent.length - 1; i >= 0 && i >= recent.length - maxRecent; i--) {
          const { origin, outcome, records } = recent[i]!
          if (origin >= committed) sum[outcome] -= records
          // The two outputs are read side by side, so their origins interleave only by what one read brings.
          else if (origin < committed - 5_000n) break
        }
      }
      const behind = behindOf(tail)
      const isReading = behind > 1_000
      const unaccounted = isReading ? null : sum.raw - sum.enriched - sum.deadLetters - sum.repeats - sum.inFlight
      unaccountedSinceMs = unaccounted === null || unaccounted === 0 ? null : (unaccountedSinceMs ?? now())
      return {
        ...sum,
        sinceMs: Math.min(now(), ...[...byPartition.values()].flatMap(({ firstMs }) => firstMs ?? [])),
        atMs: sample.atMs,
        whole: tail.isWhole(),
        unaccounted,
        unaccountedSinceMs,
        progress: isReading ? 1 - behind / Math.max(behind, written(tail)) : 1
      }
    }
  }
}

function clamp(value: bigint, low: bigint, high: bigint): bigint {
  return value < low ? low : value > high ? high : value
}

/** Records of the outputs that the console has not read yet, markers included. */
export function behindOf(tail: Outputs): number {
  return [...tail.enriched, ...tail.dlq].reduce(
    (sum, { next, end }) => sum + (next === null || end === null ? 0 : Math.max(0, Number(end - next))),
    0
  )
}

function written(tail: Outputs): number {
  return [...tail.enriched, ...tail.dlq].reduce((sum, { start, end }) => sum + Number((end ?? 0n) - (start ?? 0n)), 0)
}
