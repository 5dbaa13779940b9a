import { join } from 'node:path'
import type { Contracts } from '@sluice/contracts'
import type { KafkaRecord } from '@sluice/events'
import type { SinkBatch, SinkRecord } from '@sluice/kafka'
import { deadLetters, type Position } from '@sluice/lake'
import { deadLetterLine, unloadableLine } from './dead-letter-line.ts'
import type { Generation, Move } from './generation.ts'
import { routeRecord, rowLine } from './route-record.ts'
import { openSpool, type Line, type Spool, type SpoolSource } from './spool.ts'
import { advance, rewind, sourceKey, type Cursor, type TableState } from './table-state.ts'

/** What is buffered at most, over all tables and partitions; what comes while a flush runs is counted anew. */
export interface Limits {
  readonly rows: number
  readonly bytes: number
  readonly ms: number
  /** A table that is so far behind its reader gets a commit of positions alone. */
  readonly behindMs: number
  readonly behindRecords: number
}

export interface BufferDeps {
  readonly contracts: Contracts
  readonly tables: readonly TableState[]
  readonly spoolDir: string
  readonly limits: Limits
  readonly service: { readonly name: string; readonly version: string }
  readonly now: () => number
}

/** What was taken of a batch. */
export interface Taken {
  /** Everything before this is buffered. */
  readonly position: Position
  /** Why nothing more can be taken of this partition; null: it can. */
  readonly stop: string | null
  /** Records by type, `dlq` for those that are dead letters already. */
  readonly received: ReadonlyMap<string, number>
  /** Reasons of records that became dead letters here. */
  readonly rejected: readonly string[]
}

/** Rows of all tables between two flushes, and where every table is. */
export interface RowBuffer {
  /** Takes the records of a batch, each for the one table that lacks it. Nothing is awaited: a flush sees all or none. */
  take(batch: SinkBatch, reading: Position): Taken
  /** Forgets what is buffered of a partition, for every table: they are judged together, so they are read together. */
  forget(source: SpoolSource): void
  drain(): Promise<void>
  isFull(): boolean
  /** Whether something has waited long enough. */
  isDue(): boolean
  isEmpty(): boolean
  /** Closes what is buffered and begins anew; null: there is nothing to flush. */
  freeze(): Generation | null
}

export function createBuffer(deps: BufferDeps): RowBuffer {
  const { contracts, tables, limits, service, now } = deps
  const { topics } = contracts
  const letters = tables.find(({ spec }) => spec.name === deadLetters.name)
  if (letters === undefined) throw new Error(`there is no table ${deadLetters.name}`)
  const byTable = new Map(tables.map((table) => [table.spec.name, table]))
  let generations = 0
  let spool = nextSpool()

  function nextSpool(): Spool {
    return openSpool(join(deps.spoolDir, String(generations++)))
  }

  function cursorsOf(source: SpoolSource): Cursor[] {
    return tables.flatMap(({ cursors }) => cursors.get(sourceKey(source)) ?? [])
  }

  function take(batch: SinkBatch, reading: Position): Taken {
    const key = sourceKey(batch)
    const nowMs = now()
    const received = new Map<string, number>()
    const rejected: string[] = []
    let origin = reading.origin
    // Not a `let`: TypeScript does not see what a function inside assigns.
    const stop: { reason: string | null; at: bigint } = { reason: null, at: batch.next }

    const targets = new Map<TableState, { readonly from: bigint; readonly append: (line: Line) => void }>()

    /** Spools a line for a table that lacks the record. */
    function put(table: TableState, record: KafkaRecord, makeLine: () => Line): boolean {
      let target = targets.get(table)
      if (target === undefined) {
        const cursor = table.cursors.get(key)
        if (cursor === undefined) throw new Error(`table ${table.spec.name} is not fed by ${key}`)
        target = { from: cursor.next.next, append: spool.appender(table.spec.name, batch, nowMs) }
        targets.set(table, target)
      }
      if (record.offset < target.from) return false
      target.append(makeLine())
      return true
    }

    /** The type that the record counts as; null: the contracts here are too old for it. */
    function takeEnriched(record: SinkRecord): string | null {
      const route = routeRecord(contracts, record)
      if (route.kind === 'stop') {
        stop.reason = route.reason
        stop.at = record.offset
        return null
      }
      if (route.kind === 'row') {
        origin = route.rawOffset
        put(byTable.get(route.contract.table)!, record, () => rowLine(record, route.rawOffset))
        return route.contract.type
      }
      origin = record.origin ?? origin
      const by = { contract: null, service: service.name, version: service.version, rawTopic: topics.raw.name }
      if (put(letters!, record, () => unloadableLine(record, route.problem, by))) rejected.push(route.problem.reason)
      return 'unloadable'
    }

    function takeDeadLetter(record: KafkaRecord): string {
      put(letters!, record, () => deadLetterLine(record))
      return 'dlq'
    }

    const takeOne = batch.topic === topics.dlq.name ? takeDeadLetter : takeEnriched
    try {
      for (const record of batch.records) {
        const type = takeOne(record)
        if (type === null) break
        received.set(type, (received.get(type) ?? 0) + 1)
      }
    } catch (error) {
      // Lines without the position that belongs to them must not reach the lake.
      forget(batch)
      throw error
    }
    const position = { next: stop.at, origin: stop.reason === null ? batch.origin : origin }
    for (const cursor of cursorsOf(batch)) advance(cursor, position, nowMs)
    return { position, stop: stop.reason, received, rejected }
  }

  function forget(source: SpoolSource): void {
    spool.forget(source)
    for (const cursor of cursorsOf(source)) rewind(cursor)
  }

  function isBehind({ base, next, aheadSinceMs }: Cursor): boolean {
    if (aheadSinceMs === null) return false
    return next.next - base.next >= BigInt(limits.behindRecords) || now() - aheadSinceMs >= limits.behindMs
  }

  const laggingTables = (): TableState[] => tables.filter(({ cursors }) => [...cursors.values()].some(isBehind))

  return {
    take,

    forget,

    drain: () => spool.drain({ all: false }),
    isFull: () => spool.rows >= limits.rows || spool.bytes >= limits.bytes,
    isDue: () => (spool.sinceMs !== null && now() - spool.sinceMs >= limits.ms) || laggingTables().length > 0,
    isEmpty: () => spool.rows === 0,

    freeze() {
      const lagging = new Set(laggingTables().map(({ spec }) => spec.name))
      if (spool.rows === 0 && lagging.size === 0) return null
      const frozen = spool
      spool = nextSpool()
      return { spool: frozen, moves: movesOf(tables), lagging }
    }
  }
}

function movesOf(tables: readonly TableState[]): ReadonlyMap<string, readonly Move[]> {
  const moves = tables.map(({ spec, cursors }) => {
    const moved = [...cursors.values()].filter(({ base, next }) => next.next > base.next)
    return [spec.name, moved.map(({ source, base, next }) => ({ source, from: base, to: next }))] as const
  })
  return new Map(moves.filter(([, moved]) => moved.length > 0))
}
