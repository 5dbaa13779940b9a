import { writeFileSync } from 'node:fs'
import type { Fate } from './events.ts'

export type Via = 'rest' | 'grpc' | 'raw'

/** What was sent and what was answered, for the oracle to judge. */
export interface Entry {
  readonly id: string
  /** Null: a record that is no event; its bytes say which one it is. */
  readonly key: string | null
  readonly n: number
  readonly fate: Fate | 'parse' | 'too_large'
  readonly via: Via
  attempts: number
  /** How often it was answered as durable. */
  answered: number
  /** Where the answers said that it is: partition, offset. */
  readonly places: (readonly [number, number])[]
  sentAtMs: number
  answeredAtMs: number | null
  /** Answers that nobody should get, in words. */
  readonly odd: string[]
}

export interface Ledger {
  readonly entries: readonly Entry[]
  open(entry: Pick<Entry, 'id' | 'key' | 'n' | 'fate' | 'via'>): Entry
  /** Entries that were answered as durable. */
  answered(): number
  /** One JSON document a line, for the oracle. */
  save(file: string, others?: readonly Ledger[]): void
}

export function createLedger(now: () => number): Ledger {
  const entries: Entry[] = []
  return {
    entries,
    open(what) {
      const entry = { ...what, attempts: 0, answered: 0, places: [], sentAtMs: now(), answeredAtMs: null, odd: [] }
      entries.push(entry)
      return entry
    },
    answered: () => entries.reduce((sum, { answered }) => sum + Math.min(1, answered), 0),
    save(file, others = []) {
      const all = [...entries, ...others.flatMap((other) => other.entries)]
      writeFileSync(file, all.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
    }
  }
}
