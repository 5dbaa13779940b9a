import type { Action } from './delta-action.ts'
import type { Snapshot } from './delta-snapshot.ts'

/** How far a table has taken in one partition of a topic. */
export interface Position {
  /** Next offset to read. */
  readonly next: bigint
  /** Raw offset of the last record taken; -1n: none yet. */
  readonly origin: bigint
}

/** One partition of one life of a topic. */
export interface Source {
  /** Id of the topic's incarnation, from the control topic. */
  readonly incarnation: string
  readonly topic: string
  readonly partition: number
}

/** The position that a table holds; null: none. */
export function positionOf(snapshot: Snapshot, source: Source): Position | null {
  const next = snapshot.txns.get(appId(source))
  if (next === undefined) return null
  return { next: BigInt(next), origin: BigInt(snapshot.txns.get(`${appId(source)}/origin`) ?? -1) }
}

/** The `txn` actions that make a table hold a position. */
export function positionActions(source: Source, { next, origin }: Position, lastUpdated: number): Action[] {
  const actions: Action[] = [{ txn: { appId: appId(source), version: Number(next), lastUpdated } }]
  if (origin >= 0n) actions.push({ txn: { appId: `${appId(source)}/origin`, version: Number(origin), lastUpdated } })
  return actions
}

/** Incarnations of a topic that a table holds positions of. */
export function incarnationsOf(snapshot: Snapshot, topic: string): Set<string> {
  const found = new Set<string>()
  for (const id of snapshot.txns.keys()) {
    const [root, incarnation, name] = id.split('/')
    if (root === 'sluice' && name === topic && incarnation !== undefined) found.add(incarnation)
  }
  return found
}

export function isSamePosition(a: Position | null, b: Position | null): boolean {
  return a === b || (a !== null && b !== null && a.next === b.next && a.origin === b.origin)
}

function appId({ incarnation, topic, partition }: Source): string {
  return `sluice/${incarnation}/${topic}/${partition}`
}
