import type { Risk, TopicPartition } from '@sluice/kafka'
import { sourceKey, type TableState } from './table-state.ts'

/**
 * Passes on the risk of a partition, but none later than that of its oldest row that is not in the lake: what is only
 * buffered would have to be read again. The table that was committed last counts; quiet ones are behind on purpose.
 */
export function holdRisk(
  tables: readonly TableState[],
  report: (at: TopicPartition, risk: Risk | null) => void
): (at: TopicPartition, risk: Risk | null) => void {
  const held = new Map<string, { readonly sinceMs: number; readonly risk: Risk }>()

  return (at, risk) => {
    const key = sourceKey(at)
    const since = tables.map(({ cursors }) => cursors.get(key)).filter((cursor) => cursor !== undefined)
    const sinceMs = Math.max(...since.map(({ aheadSinceMs }) => aheadSinceMs ?? Infinity))
    if (risk === null || sinceMs === Infinity) {
      held.delete(key)
      report(at, risk)
      return
    }
    const known = held.get(key)
    const oldest = known?.sinceMs === sinceMs ? known.risk : risk
    held.set(key, { sinceMs, risk: oldest })
    report(at, oldest)
  }
}
