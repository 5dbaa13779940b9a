/** Since when each offset of a partition has been there, kept as a bounded row of samples. */
export interface OffsetTimes {
  /** At `atMs` the record at `offset` was there, or was the next to come. */
  add(offset: bigint, atMs: number): void
  /** When the record at `offset` was appended, as far as the samples tell; null: it is older than all of them. */
  timeOf(offset: bigint): number | null
  /** When a sample first lay beyond `offset`, if that was seen to happen; null: it was not. */
  passedAt(offset: bigint): number | null
}

const maxSamples = 4_096

export function createOffsetTimes(): OffsetTimes {
  let samples: { offset: bigint; atMs: number }[] = []
  return {
    add(offset, atMs) {
      const last = samples.at(-1)
      if (last !== undefined && last.offset >= offset) return
      // Half a second is exact enough, and keeps hours of a busy log.
      if (last !== undefined && samples.length > 2 && atMs - (samples.at(-2)?.atMs ?? 0) < 500) samples.pop()
      samples.push({ offset, atMs })
      if (samples.length > maxSamples) samples = samples.filter((_, i) => i % 2 === 0 || i > maxSamples / 2)
    },
    timeOf(offset) {
      const first = samples[0]
      if (first === undefined || offset < first.offset) return null
      let low = 0
      let high = samples.length - 1
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if (samples[middle]!.offset <= offset) low = middle
        else high = middle - 1
      }
      return samples[low]!.atMs
    },
    passedAt(offset) {
      const first = samples[0]
      if (first === undefined || first.offset > offset) return null
      return samples.find((sample) => sample.offset > offset)?.atMs ?? null
    }
  }
}
