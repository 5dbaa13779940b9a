import { gapReason, UnavailableError } from '@sluice/events'
import type { Gap } from '@sluice/kafka'
import { positionOf } from '@sluice/lake'
import type { Metrics } from '@sluice/service'
import { commitTable, planCommit, type CommitDeps } from './commit-table.ts'
import { sourceKey, type TableState } from './table-state.ts'

export interface PassGapDeps extends CommitDeps {
  readonly tables: readonly TableState[]
  readonly metrics: Pick<Metrics, 'rejected'>
  readonly tick: () => void
}

/**
 * Moves every table that lacks records of the gap behind it, by commits of positions alone. Nothing of the partition
 * may be buffered. A table that would skip more than the gap keeps its position: it is refused when it is read on.
 */
export async function passGap(deps: PassGapDeps, gap: Gap, signal: AbortSignal): Promise<void> {
  for (const table of deps.tables) {
    const source = table.cursors.get(sourceKey(gap))?.source
    if (source === undefined) continue
    const from = positionOf(await table.delta.refresh(signal), source)
    deps.tick()
    if (from === null || from.next < gap.from || from.next > gap.to) continue
    const to = { next: gap.to + 1n, origin: from.origin }
    const outcome = await commitTable(deps, planCommit(deps, table, [{ source, from, to }], []), signal)
    if (outcome === 'stale')
      throw new UnavailableError('lake', `${table.spec.name}: another loader moves ${sourceKey(gap)}`)
    deps.tick()
  }
  deps.metrics.rejected({ reason: gapReason })
}
