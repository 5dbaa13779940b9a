/** Everything that is remembered of one identity within the window. */
interface Seen {
  /** Offset of its newest occurrence, repeats included. */
  newest: bigint
  /** Offset of the record that decided: what a repeat names as the first one. */
  decided: bigint
  rejected: boolean
}

/**
 * The identities of the last raw offsets of one partition. An identity that comes again within `size` offsets of its
 * newest occurrence is a repeat; repeats and rejected events count as occurrences.
 */
export class RepeatWindow {
  /** In the order of `newest`, so that what falls out is at the front. */
  readonly #seen = new Map<string, Seen>()
  readonly #size: bigint

  constructor(size: number) {
    this.#size = BigInt(size)
  }

  /**
   * Offset of the first one if this is a repeat, else null. `replayOf` names the raw offset of a rejection: while it
   * lies in the window and nothing later has decided on the identity, its replay is not a repeat.
   */
  firstOf(identity: string, offset: bigint, replayOf: bigint | null): bigint | null {
    const seen = this.#seen.get(identity)
    if (!seen || offset - seen.newest > this.#size) return null
    const isReplay = seen.rejected && seen.decided === replayOf && offset - replayOf <= this.#size
    return isReplay ? null : seen.decided
  }

  /** The record at this offset was accepted or rejected. */
  decide(identity: string, offset: bigint, rejected: boolean): void {
    this.#put(identity, { newest: offset, decided: offset, rejected })
  }

  /** The record at this offset was accepted, and then could not be enriched. */
  rejectAfterAll(identity: string, offset: bigint): void {
    const seen = this.#seen.get(identity)
    if (seen?.decided === offset) seen.rejected = true
  }

  /** The record at this offset repeats the one at `first`. */
  repeat(identity: string, offset: bigint, first: bigint): void {
    const seen = this.#seen.get(identity)
    // Not known: the first one lies before the window, where it makes no difference any more whether it was rejected.
    this.#put(identity, { newest: offset, decided: first, rejected: seen?.decided === first && seen.rejected })
  }

  get count(): number {
    return this.#seen.size
  }

  #put(identity: string, seen: Seen): void {
    this.#seen.delete(identity)
    this.#seen.set(identity, seen)
    for (const [oldest, { newest }] of this.#seen) {
      if (seen.newest - newest <= this.#size) break
      this.#seen.delete(oldest)
    }
  }
}
