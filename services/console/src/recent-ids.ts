/** Where an event went: coordinates of its raw record and of its output. */
export interface Sighting {
  readonly partition: number
  readonly rawOffset: bigint | null
  readonly role: 'enriched' | 'dlq'
  readonly offset: bigint
  readonly type: string | null
  readonly timestampMs: number
}

/** The newest `limit` events by id; the same id from another source replaces the older one. */
export class RecentIds {
  readonly limit: number
  readonly #byId = new Map<string, Sighting>()

  constructor(limit: number) {
    this.limit = limit
  }

  add(id: string, sighting: Sighting): void {
    this.#byId.delete(id)
    this.#byId.set(id, sighting)
    if (this.#byId.size > this.limit) this.#byId.delete(this.#byId.keys().next().value!)
  }

  find(id: string): Sighting | undefined {
    return this.#byId.get(id)
  }

  get size(): number {
    return this.#byId.size
  }

  get oldestMs(): number | null {
    return this.#byId.values().next().value?.timestampMs ?? null
  }

  /** One of the newest thousand of a kind; `random` is from [0, 1). */
  pick(role: Sighting['role'], random: number): string | null {
    const all = [...this.#byId].filter(([, sighting]) => sighting.role === role).slice(-1_000)
    return all[Math.floor(random * all.length)]?.[0] ?? null
  }
}
