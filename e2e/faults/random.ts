/** Numbers that come again with the same seed. */
export interface Random {
  /** 0 up to 1. */
  next(): number
  /** A whole number from 0 up to `below`. */
  int(below: number): number
  pick<T>(from: readonly T[]): T
  /** True in such a share of cases. */
  chance(share: number): boolean
  /** Numbers of its own, that nobody else's drawing disturbs. */
  fork(): Random
}

/** mulberry32 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (below: number): number => Math.floor(next() * below)
  return {
    next,
    int,
    pick(from) {
      const picked = from[int(from.length)]
      if (picked === undefined) throw new RangeError('nothing to pick from')
      return picked
    },
    chance: (share) => next() < share,
    fork: () => createRandom(int(2 ** 32))
  }
}
