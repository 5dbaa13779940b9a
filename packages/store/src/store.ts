import { RefusedError } from '@sluice/events'
import { checkServer } from './check-server.ts'
import { openConnection, type Connection, type StoreOptions } from './connection.ts'
import { argumentsOf, type Operation } from './operation.ts'
import { positionField, readPosition, writePosition, type Log, type Position } from './position.ts'
import { createReader, type StoreReader } from './reader.ts'

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

/** The real-time store as its one writer sees it. */
export interface Store extends OpenReader {
  /** Where to go on; null: at the start of the log. RefusedError when only another incarnation of the log is known. */
  position(log: Log, partition: number): Promise<Position | null>
  /**
   * Forgets other incarnations of the log and everything that came of them, in one step, unless this one is known
   * already. Returns how many keys that were.
   */
  acceptLog(log: Log): Promise<number>
  /** Applies a batch and stores its position in one step, or does nothing because the stored position differs. */
  apply(batch: StoreBatch): Promise<Applied>
}

export interface WriterOptions extends StoreOptions {
  /**
   * How long a key outlives its end: as long as a record from before its end may still be in the log, so the
   * retention of the topic.
   */
  readonly keepMs: number
}

/** The store as everybody else sees it. */
export interface OpenReader extends StoreReader, AsyncDisposable {
  /** Why the store cannot be reached now; null: it can. */
  problem(): string | null
}

/** Opens the store for reading. UnavailableError('redis') or RefusedError. */
export async function openReader(options: StoreOptions): Promise<OpenReader> {
  const connection = await openConnection(options)
  return {
    ...createReader(connection),
    problem: () => connection.problem(),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose]()
  }
}

/** Opens the store for writing. UnavailableError('redis') or RefusedError. */
export async function openStore(options: WriterOptions): Promise<Store> {
  const connection = await openConnection(options)
  try {
    await checkServer(connection)
  } catch (error) {
    await connection[Symbol.asyncDispose]()
    throw error
  }
  return {
    ...createReader(connection),
    position: (log, partition) => readStored(connection, log, partition),
    acceptLog: (log) => acceptLog(connection, log),
    apply: (batch) => apply(connection, options.keepMs, batch),
    problem: () => connection.problem(),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose]()
  }
}

function positionsKey({ prefix }: Connection, { topic }: Log): string {
  return `${prefix}positions:${topic}`
}

async function readStored(connection: Connection, log: Log, partition: number): Promise<Position | null> {
  const all = await connection.ask((redis) => redis.hgetall(positionsKey(connection, log)))
  const stored = all[positionField(log, partition)]
  if (stored !== undefined) return readPosition(stored)
  const fields = Object.keys(all)
  const [other] = fields
  if (other !== undefined && !fields.some((field) => field.startsWith(`${log.incarnation}/`))) throw foreign(log, other)
  return null
}

function foreign({ topic, incarnation }: Log, field: string): RefusedError {
  const other = field.slice(0, field.lastIndexOf('/'))
  return new RefusedError([
    `redis holds what came of another ${topic} (incarnation ${other}), expected incarnation ${incarnation}: ` +
      'ACCEPT_NEW_LOG=true forgets it and starts anew'
  ])
}

/** A call takes the server's only thread, so it is kept to some milliseconds. */
const maxRecords = 500
const maxArguments = 50_000

async function apply(connection: Connection, keepMs: number, batch: StoreBatch): Promise<Applied> {
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
      positionsKey(connection, log),
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

/** One step of the server, so that nobody can write between looking and forgetting. Long, but once in a log's life. */
const acceptScript = `
local fields = redis.call('HKEYS', KEYS[1])
if #fields == 0 then return 0 end
for _, field in ipairs(fields) do
  if string.sub(field, 1, #ARGV[1]) == ARGV[1] then return 0 end
end
local forgotten, cursor = 0, '0'
repeat
  local page = redis.call('SCAN', cursor, 'MATCH', ARGV[2], 'COUNT', 1000)
  cursor = page[1]
  for _, key in ipairs(page[2]) do forgotten = forgotten + redis.call('UNLINK', key) end
until cursor == '0'
return forgotten`

async function acceptLog(connection: Connection, log: Log): Promise<number> {
  const pattern = `${connection.prefix.replaceAll(/[*?[\]\\]/g, String.raw`\$&`)}*`
  const key = positionsKey(connection, log)
  return connection.ask(async (redis) => Number(await redis.eval(acceptScript, 1, key, `${log.incarnation}/`, pattern)))
}
