import type { Position, Source } from '@sluice/lake'
import type { Spool } from './spool.ts'

/** How far a table goes in one partition with one flush. */
export interface Move {
  readonly source: Source
  /** What the table must hold when this is committed. */
  readonly from: Position
  readonly to: Position
}

/** Everything that was buffered between two flushes, closed. */
export interface Generation {
  readonly spool: Spool
  /** By table; a table that did not move is not there. */
  readonly moves: ReadonlyMap<string, readonly Move[]>
  /** Tables that are so far behind that they are committed without rows. */
  readonly lagging: ReadonlySet<string>
}
