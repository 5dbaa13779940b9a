/** Offsets, times and kinds of the newest data records of a partition; transaction markers take offsets too and are not here. */
export interface RecentRecords {
  /** `kind` tells records apart that a reader may have taken to different points: the event type. */
  add(offset: bigint, atMs: number, kind: string): void
  /**
   * Records at or after the position that `positionOf` gives for their kind, and when the first of them was appended.
   * Null: the positions are older than what is kept, so that more may be unread than is known here.
   */
  unread(positionOf: (kind: string) => bigint): { readonly count: number; readonly oldestMs: number | null } | null
}

const kept = 20_000

export function createRecentRecords(): RecentRecords {
  const kinds: string[] = []
  let records: { readonly offset: number; readonly atMs: number; readonly kind: number }[] = []
  let isWhole = true

  function kindOf(name: string): number {
    const known = kinds.indexOf(name)
    return known === -1 ? kinds.push(name) - 1 : known
  }

  return {
    add(offset, atMs, kind) {
      records.push({ offset: Number(offset), atMs, kind: kindOf(kind) })
      if (records.length <= kept * 2) return
      records = records.slice(-kept)
      isWhole = false
    },
    unread(positionOf) {
      const positions = kinds.map((kind) => Number(positionOf(kind)))
      const lowest = Math.min(...positions)
      if (!isWhole && kinds.length === 1 && (records[0]?.offset ?? Infinity) > lowest) return null
      let count = 0
      let oldestMs: number | null = null
      for (let i = firstAtOrAfter(lowest); i < records.length; i++) {
        const record = records[i]!
        if (record.offset < positions[record.kind]!) continue
        count++
        oldestMs ??= record.atMs
      }
      return { count, oldestMs }
    }
  }

  function firstAtOrAfter(offset: number): number {
    let low = 0
    let high = records.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (records[middle]!.offset < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
