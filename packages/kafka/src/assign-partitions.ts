/** What a member says of itself when it joins. */
export interface Claim {
  readonly memberId: string
  /** Partition numbers that it works on. */
  readonly owned: readonly number[]
  /** Generation of the group in which it got them; of two claims the newer one is right. */
  readonly generation: number
}

/**
 * Spreads partition numbers evenly over the members and moves as few as possible. It assigns numbers, not partitions
 * of a topic: partition p of all topics of a group goes to one member.
 */
export function assignPartitions(claims: readonly Claim[], partitions: number): ReadonlyMap<string, readonly number[]> {
  const members = claims.toSorted((a, b) => b.generation - a.generation || (a.memberId < b.memberId ? -1 : 1))
  const assigned = new Map(members.map(({ memberId }) => [memberId, [] as number[]]))
  const free = new Set(Array.from({ length: partitions }, (_, partition) => partition))
  const share = Math.floor(partitions / members.length)
  let largerShares = partitions % members.length
  for (const { memberId, owned } of members) {
    const mine = assigned.get(memberId) ?? []
    for (const partition of owned) {
      if (!free.has(partition) || mine.length > share) continue
      if (mine.length === share && largerShares-- <= 0) break
      free.delete(partition)
      mine.push(partition)
    }
  }
  for (const partition of free) {
    const [least] = [...assigned.values()].toSorted((a, b) => a.length - b.length)
    least?.push(partition)
  }
  return assigned
}
