/** Offsets and times of the newest data records of a partition; transaction markers take offsets too and are not here. */
export interface RecentRecords {
  add(offset: bigint, atMs: number): void
  /** Data records at or after a position, and when the first of them was appended; null: the position is older than what is kept. */
  from(position: bigint): { readonly count: number; readonly oldestMs: number | null } | null
}

const kept = 20_000

export function createRecentRecords(): RecentRecords {
  let offsets: number[] = []
  let times: number[] = []
  let isWhole = true
  return {
    add(offset, atMs) {
      offsets.push(Number(offset))
      times.push(atMs)
      if (offsets.length <= kept * 2) return
      offsets = offsets.slice(-kept)
      times = times.slice(-kept)
      isWhole = false
    },
    from(position) {
      const at = Number(position)
      if (!isWhole && (offsets[0] ?? Infinity) > at) return null
      let low = 0
      let high = offsets.length
      while (low < high) {
        const middle = (low + high) >> 1
        if (offsets[middle]! < at) low = middle + 1
        else high = middle
      }
      return { count: offsets.length - low, oldestMs: times[low] ?? null }
    }
  }
}
