import type { Connection } from './connection.ts'
import { argumentsOf, type Operation } from './operation.ts'
import {
  foreign,
  positionField,
  positionsKey,
  readPosition,
  writePosition,
  type Log,
  type Position
} from './position.ts'

/** One record and the changes that it makes. A record that changes nothing still moves the position. */
export interface StoreRecord {
  readonly offset: bigint
  /** Raw offset that the record came from; rises within a partition. */
  readonly origin: bigint
  /** The record's own time, ms since the epoch. */
  readonly timestampMs: number
  readonly operations: readonly Operation[]
}

export interface StoreBatch {
  readonly log: Log
  readonly partition: number
  /** What the caller believes to be stored; null: nothing. */
  readonly expected: Position | null
  /** What to store together with the batch. */
  readonly position: Position
  /** In offset order. */
  readonly records: readonly StoreRecord[]
}

export type Applied =
  | {
      readonly kind: 'applied'
      /** Operations on keys that somebody else has made something else of; they were passed. */
      readonly failed: number
      readonly firstError: string
    }
  /** Nothing was applied (of what came after `stored`): read on from there, null = the start of the log. */
  | { readonly kind: 'differs'; readonly stored: Position | null }

/** A call takes the server's only thread, so it is kept to some milliseconds. */
const maxRecords = 500
const maxArguments = 50_000

/** Applies a batch by apply-batch.lua, in as many calls as it takes; each is complete in itself. */
export async function applyBatch(connection: Connection, keepMs: number, batch: StoreBatch): Promise<Applied> {
  const { records, position } = batch
  let expected = batch.expected
  let failed = 0
  let firstError = ''
  for (let first = 0; first === 0 || first < records.length;) {
    const args: string[] = []
    let next = first
    while (next < records.length && next - first < maxRecords && args.length < maxArguments) {
      args.push(...recordArguments(records[next++], connection.prefix))
    }
    const last = records[next - 1]
    const reached =
      next < records.length && last !== undefined ? { next: last.offset + 1n, origin: last.origin } : position
    const applied = await applyOnce(connection, keepMs, batch, expected, reached, args)
    if (applied.kind === 'differs') return applied
    failed += applied.failed
    firstError ||= applied.firstError
    expected = reached
    first = Math.max(next, 1)
  }
  return { kind: 'applied', failed, firstError }
}

async function applyOnce(
  connection: Connection,
  keepMs: number,
  { log, partition }: StoreBatch,
  expected: Position | null,
  position: Position,
  records: readonly string[]
): Promise<Applied> {
  const reply = await connection.ask((redis) =>
    redis.applyBatch(
      1,
      positionsKey(connection.prefix, log),
      positionField(log, partition),
      `${log.incarnation}/`,
      expected === null ? '' : writePosition(expected),
      writePosition(position),
      String(expected?.origin ?? -1n),
      String(keepMs),
      ...records
    )
  )
  const [kind, first, second] = reply
  if (kind === 'foreign') throw foreign(log, String(first))
  if (kind === 'differs') return { kind, stored: first === '' ? null : readPosition(String(first)) }
  return { kind: 'applied', failed: Number(first), firstError: String(second) }
}

function recordArguments(record: StoreRecord | undefined, prefix: string): string[] {
  if (record === undefined) return []
  const operations = record.operations.flatMap((operation) => argumentsOf(operation, prefix))
  return [String(record.origin), String(record.timestampMs), String(record.operations.length), ...operations]
}
