import { RefusedError } from '@sluice/events'
import { fetchCommitted, unavailable, withCluster } from './admin.ts'
import type { Kafka } from './client.ts'
import { OutOfRangeError } from './errors.ts'
import { isAccepted } from './gap.ts'
import { openPartitionReader } from './partition-reader.ts'
import { RepeatWindow } from './repeat-window.ts'
import { readTail, type Tail, type Trace } from './tail.ts'
import type { Gap, LogRange } from './types.ts'

export interface Acquired {
  /** Next raw offset to read. */
  readonly position: bigint
  readonly window: RepeatWindow
  /** Raw records that were lost before the position, as an operator knows; null: none were. */
  readonly gap: Gap | null
}

export interface AcquireOptions {
  readonly group: string
  readonly raw: string
  readonly outputs: readonly string[]
  readonly partition: number
  readonly windowSize: number
  /** Of the raw partition, asked for after the fence. */
  readonly range: LogRange
  readonly acceptedGaps: readonly Gap[]
}

/**
 * Finds out where to go on and what came lately: from what is committed and from the outputs themselves. To be called
 * after the former owner was fenced; before that, all of it may still change. Throws RefusedError where the two
 * contradict each other or the log.
 */
export async function acquirePosition(kafka: Kafka, options: AcquireOptions): Promise<Acquired> {
  const { group, raw, outputs, partition, windowSize, range } = options
  const committed = await withCluster(kafka, `asking what ${group} has committed`, async (cluster) =>
    (await fetchCommitted(cluster, group, raw, [partition])).get(partition)
  )
  const traces: Trace[] = []
  for (const topic of outputs) {
    const tail = await readTailOf(kafka, options, topic, committed ?? 0n)
    if (tail.hasRecords && committed === undefined) throw refuseForeignOutput(options, topic)
    traces.push(...tail.traces)
  }
  const position = traces.reduce((next, { origin }) => (origin >= next ? origin + 1n : next), committed ?? 0n)
  const window = rebuildWindow(traces, windowSize)
  if (position >= range.start && position <= range.end) return { position, window, gap: null }
  // Never skipped silently: only an operator may say that this very loss is known.
  const refusal = new OutOfRangeError({ topic: raw, partition }, position, range)
  if (refusal.gap === null || !isAccepted(refusal.gap, options.acceptedGaps)) throw refusal
  return { position: range.start, window, gap: refusal.gap }
}

async function readTailOf(kafka: Kafka, options: AcquireOptions, topic: string, atLeast: bigint): Promise<Tail> {
  const { raw: rawTopic, partition, windowSize: depth, range } = options
  const reader = openPartitionReader(kafka, { topic, partition })
  try {
    return await readTail(reader, { rawTopic, rawEnd: range.end, atLeast, depth })
  } catch (error) {
    // Retention has removed what we were about to read: not our position, so look again.
    throw error instanceof OutOfRangeError ? unavailable(`reading the end of ${topic}/${partition}`, error) : error
  } finally {
    reader.close()
  }
}

function rebuildWindow(traces: readonly Trace[], size: number): RepeatWindow {
  const window = new RepeatWindow(size)
  for (const { origin, identity, outcome, first } of traces.toSorted((a, b) => (a.origin < b.origin ? -1 : 1))) {
    if (identity === null) continue
    if (outcome === 'repeat') window.repeat(identity, origin, first ?? origin)
    else window.decide(identity, origin, outcome === 'rejected')
  }
  return window
}

function refuseForeignOutput({ group, raw, partition }: AcquireOptions, topic: string): RefusedError {
  return new RefusedError([
    `group ${group} has committed nothing for ${raw}/${partition}, but ${topic}/${partition} holds records: its offsets ` +
      `were lost, or the group is another one. Set the committed offset of the group, or its old name`
  ])
}
