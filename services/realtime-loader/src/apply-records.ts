import { crashPoint, gapReason, UnavailableError, type Log } from '@sluice/events'
import type { SinkBatch, SinkGaps, SinkOptions, SinkRecord } from '@sluice/kafka'
import type { Metrics } from '@sluice/service'
import type { Log as StoredLog, Position, Store, StoreRecord } from '@sluice/store'
import type { Projection } from './project-event.ts'

export interface ApplyDeps {
  readonly store: Pick<Store, 'position' | 'apply'>
  readonly from: StoredLog
  readonly project: (record: SinkRecord) => Projection
  readonly log: Log
  readonly metrics: Metrics
  readonly now: () => number
}

export interface Apply extends Pick<SinkOptions, 'open' | 'handle'> {
  readonly passGap: SinkGaps['pass']
  /** What the store is believed to hold, by partition, while nothing is on its way to it. */
  readonly believed: ReadonlyMap<number, Position | null>
}

/**
 * The two ends of a sink: where to go on, and what to do with a batch. A batch and its position are stored in one step,
 * or not at all when the store holds another position than this loader believes.
 */
export function createApply({ store, from, project, log, metrics, now }: ApplyDeps): Apply {
  const believed = new Map<number, Position | null>()

  return {
    believed,
    async open({ partition }) {
      const position = await store.position(from, partition)
      believed.set(partition, position)
      log.info({ partition, next: String(position?.next ?? 'start of the log') }, 'partition opened')
      return position
    },
    async handle(batch) {
      believed.delete(batch.partition)
      const { records, projections, newer } = projectAll(batch)
      const last = records.at(-1)
      if (newer === null || last !== undefined) {
        const reached = newer === null ? batch : { next: newer.offset, origin: last?.origin ?? -1n }
        if ((await apply(batch, reached, records)) === 'reopen') return 'reopen'
        count(batch, projections)
      }
      if (newer !== null) throw new UnavailableError('contracts', newer.message)
      return 'done'
    },
    async passGap({ partition, to }, saved) {
      const position = { next: to + 1n, origin: saved?.origin ?? -1n }
      const applied = await store.apply({ log: from, partition, expected: saved, position, records: [] })
      if (applied.kind === 'applied') metrics.rejected({ reason: gapReason })
    }
  }

  /** Projects up to the first record that is not to be judged here. */
  function projectAll({ topic, records: all, expected }: SinkBatch) {
    const records: StoreRecord[] = []
    const projections: Projection[] = []
    let origin = expected?.origin ?? -1n
    for (const record of all) {
      const projection = project(record)
      if (projection.kind === 'newer') {
        return { records, projections, newer: { offset: record.offset, message: projection.message } }
      }
      if (projection.kind === 'passed') {
        const { type, reason, message } = projection
        log.warn(
          { topic, partition: record.partition, offset: String(record.offset), type, reason, message },
          'record passed'
        )
      } else origin = projection.origin
      projections.push(projection)
      const { offset, timestampMs } = record
      const operations = projection.kind === 'changes' ? projection.operations : []
      records.push({ offset, origin, timestampMs, operations })
    }
    return { records, projections, newer: null }
  }

  async function apply(
    { partition, expected }: SinkBatch,
    { next, origin }: Position,
    records: readonly StoreRecord[]
  ): Promise<'done' | 'reopen'> {
    const position = { next, origin }
    const startMs = performance.now()
    crashPoint('batch-unsaved')
    const applied = await store.apply({ log: from, partition, expected, position, records })
    crashPoint('batch-saved')
    metrics.batch({ step: 'redis' }, (performance.now() - startMs) / 1000)
    if (applied.kind === 'differs') {
      log.warn({ partition, believed: written(expected), stored: written(applied.stored) }, 'position differs')
      return 'reopen'
    }
    if (applied.failed > 0) {
      metrics.rejected({ reason: 'key_taken' }, applied.failed)
      log.warn({ partition, operations: applied.failed, reason: applied.firstError }, 'operations passed')
    }
    believed.set(partition, position)
    return 'done'
  }

  function count({ topic }: SinkBatch, projections: readonly Projection[]): void {
    const nowMs = now()
    for (const projection of projections) {
      if (projection.kind === 'newer') continue
      metrics.received({ input: topic, type: knownType(projection) })
      if (projection.kind === 'passed') metrics.rejected({ reason: projection.reason })
      else {
        metrics.sent({ output: 'redis', type: projection.type })
        const { receivedAtMs } = projection
        if (receivedAtMs !== null) metrics.latency({ step: 'redis' }, Math.max(0, nowMs - receivedAtMs) / 1000)
      }
    }
  }
}

/** A type that only a stranger's record names must not become a label: labels stay for ever. */
function knownType(projection: { readonly kind: string; readonly type: string }): string {
  return projection.kind === 'changes' ? projection.type : 'unknown'
}

function written(position: Position | null): string {
  return position === null ? 'nothing' : `${position.next} ${position.origin}`
}
