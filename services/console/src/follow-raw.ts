import { setTimeout as sleep } from 'node:timers/promises'
import { UnavailableError } from '@sluice/events'
import { openPartitionReader, watchLag, type Kafka, type PartitionLag } from '@sluice/kafka'
import type { RawSample } from './keep-account.ts'
import type { TailDeps, TailPartition } from './tail-topics.ts'

/** How far the raw topic goes and how far the enricher is in it. */
export interface RawSamples {
  /** What the enricher has committed, as last asked, by partition; null: Kafka cannot be asked. */
  committed(): RawSample['committed'] | null
  /** The newest sample that is old enough for the console to have read what was committed by then. */
  settled(): RawSample | null
  readonly done: Promise<void>
}

const everyMs = 1_000
const settledMs = 1_400
const kept = 8

/** The raw topic is not read, only measured, together with its reader: in one go, once a second. */
export function followRaw(
  deps: TailDeps,
  partitions: readonly TailPartition[],
  onRange: (partition: number, start: bigint, end: bigint) => void
): RawSamples {
  const { kafka, topics, enricherGroup, now, signal, log } = deps
  const samples: RawSample[] = []
  let committed: RawSample['committed'] | null = null

  async function ask(watch: ReturnType<typeof watchLag>): Promise<void> {
    const found = await watch.ask()
    await Promise.all(found.map(take))
    committed = new Map(found.flatMap((one) => (one.committed === null ? [] : [[one.partition, one.committed]])))
    samples.push({ atMs: now(), ends: new Map(found.map(({ partition, end }) => [partition, end])), committed })
    if (samples.length > kept) samples.shift()
  }

  async function take({ partition, start, end }: PartitionLag): Promise<void> {
    const at = partitions[partition]
    if (at === undefined) return
    if (at.start !== start || at.oldestAtMs === null) {
      at.oldestAtMs = start < end ? await timeAt(kafka, topics.raw.name, partition, start) : null
    }
    at.start = start
    at.end = end
    at.next = end
    at.problem = null
    at.times.add(end, now())
    onRange(partition, start, end)
  }

  async function follow(): Promise<void> {
    using watch = watchLag(kafka, enricherGroup, topics.raw.name)
    signal.addEventListener('abort', () => watch[Symbol.dispose](), { once: true })
    for (let failures = 0; !signal.aborted;) {
      try {
        await ask(watch)
        failures = 0
      } catch (error) {
        if (signal.aborted) break
        if (!(error instanceof UnavailableError)) throw error
        committed = null
        for (const at of partitions) at.problem = error.message
        failures++
        if (failures === 1) log.debug({ reason: error.message }, 'kafka cannot be asked')
      }
      await sleep(everyMs, undefined, { signal }).catch(() => undefined)
    }
  }

  return {
    committed: () => committed,
    settled: () => samples.findLast(({ atMs }) => atMs <= now() - settledMs) ?? null,
    done: follow()
  }
}

/** When the record at an offset was taken by the broker, ms epoch. */
async function timeAt(kafka: Kafka, topic: string, partition: number, offset: bigint): Promise<number | null> {
  const reader = openPartitionReader(kafka, { topic, partition, maxBytes: 4_096, maxWaitMs: 500 })
  try {
    const { records } = await reader.fetch(offset)
    return records[0]?.timestampMs ?? null
  } finally {
    reader.close()
  }
}
