/** Records whose acknowledgement is overdue, by lane. */
export interface Overdue {
  add(partition: number): void
  /** Once its send is over, whatever came of it. */
  remove(partition: number): void
  /** True when a lane has had overdue records for so long that there is no sense in letting others wait behind them. */
  isStuck(partition: number): boolean
  count(): number
}

/**
 * A short stall costs those their answer who wait for it, and nobody else. Nothing has to be tried to find out when a
 * longer one ends: the overdue sends themselves go on, and end one way or the other.
 */
export function createOverdue({ stuckMs = 1_000 }: { readonly stuckMs?: number } = {}): Overdue {
  const lanes = new Map<number, { records: number; readonly sinceMs: number }>()
  return {
    add(partition) {
      const lane = lanes.get(partition)
      if (lane === undefined) lanes.set(partition, { records: 1, sinceMs: performance.now() })
      else lane.records++
    },
    remove(partition) {
      const lane = lanes.get(partition)
      if (lane !== undefined && --lane.records === 0) lanes.delete(partition)
    },
    isStuck(partition) {
      const lane = lanes.get(partition)
      return lane !== undefined && performance.now() - lane.sinceMs >= stuckMs
    },
    count: () => [...lanes.values()].reduce((sum, { records }) => sum + records, 0)
  }
}
