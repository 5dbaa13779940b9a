import { join } from 'node:path'
import type { Contracts } from '@sluice/contracts'
import type { KafkaRecord } from '@sluice/events'
import type { SinkBatch } from '@sluice/kafka'
import { deadLetters, type Position } from '@sluice/lake'
import { deadLetterLine, unloadableLine } from './dead-letter-line.ts'
import type { Generation, Move } from './generation.ts'
import { originOf, routeRecord, rowLine } from './route-record.ts'
import { openSpool, type Spool, type SpoolSource } from './spool.ts'
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
  const byName = new Map(tables.map((table) => [table.spec.name, table]))
  let generations = 0
  let spool = nextSpool()

  function nextSpool(): Spool {
    return openSpool(join(deps.spoolDir, String(generations++)))
  }

  function cursorsOf(source: SpoolSource): Cursor[] {
    return tables.flatMap(({ cursors }) => cursors.get(sourceKey(source)) ?? [])
  }

  function take(batch: SinkBatch, reading: Position): Taken {
    const lines = new Map<string, { readonly buffers: Buffer[]; rows: number }>()
    const received = new Map<string, number>()
    const rejected: string[] = []
    let origin = reading.origin
    let stop: { readonly reason: string; readonly at: bigint } | null = null

    const put = (table: TableState, record: KafkaRecord, buffers: () => readonly Buffer[]): boolean => {
      const cursor = table.cursors.get(sourceKey(batch))
      if (cursor === undefined) throw new Error(`table ${table.spec.name} is not fed by ${sourceKey(batch)}`)
      if (record.offset < cursor.next.next) return false
      const entry = lines.get(table.spec.name) ?? { buffers: [], rows: 0 }
      entry.buffers.push(...buffers())
      entry.rows++
      lines.set(table.spec.name, entry)
      return true
    }

    for (const record of batch.records) {
      let type = 'dlq'
      if (batch.topic === topics.dlq.name) {
        put(letters!, record, () => [deadLetterLine(record)])
      } else {
        const route = routeRecord(contracts, record)
        if (route.kind === 'stop') {
          stop = { reason: route.reason, at: record.offset }
          break
        }
        if (route.kind === 'row') {
          type = route.contract.type
          put(byName.get(route.contract.table)!, record, () => rowLine(record, route.rawOffset))
        } else {
          type = 'unloadable'
          const by = { contract: null, service: service.name, version: service.version, rawTopic: topics.raw.name }
          const isNew = put(letters!, record, () => [unloadableLine(record, route.problem, by)])
          if (isNew) rejected.push(route.problem.reason)
        }
        origin = originOf(record) ?? origin
      }
      received.set(type, (received.get(type) ?? 0) + 1)
    }

    const nowMs = now()
    for (const [table, { buffers, rows }] of lines) {
      spool.add(table, batch, Buffer.concat(buffers), rows, nowMs)
    }
    const position = stop === null ? { next: batch.next, origin: batch.origin } : { next: stop.at, origin }
    for (const cursor of cursorsOf(batch)) advance(cursor, position, nowMs)
    return { position, stop: stop?.reason ?? null, received, rejected }
  }

  function isBehind({ base, next, aheadSinceMs }: Cursor): boolean {
    if (aheadSinceMs === null) return false
    return next.next - base.next >= BigInt(limits.behindRecords) || now() - aheadSinceMs >= limits.behindMs
  }

  const laggingTables = (): TableState[] => tables.filter(({ cursors }) => [...cursors.values()].some(isBehind))

  return {
    take,

    forget(source) {
      spool.forget(source)
      for (const cursor of cursorsOf(source)) rewind(cursor)
    },

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
