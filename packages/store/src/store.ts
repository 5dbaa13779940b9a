import { applyBatch, type Applied, type StoreBatch } from './apply-batch.ts'
import { checkServer } from './check-server.ts'
import { openConnection, type Connection, type StoreOptions } from './connection.ts'
import { foreign, positionField, positionsKey, readPosition, type Log, type Position } from './position.ts'
import { createReader, type StoreReader } from './reader.ts'

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
  /** How far each partition of a topic has been applied, by partition; empty: this log is not known. */
  positions(log: Log): Promise<ReadonlyMap<number, Position>>
  /** Why the store cannot be reached now; null: it can. */
  problem(): string | null
}

/** Opens the store for reading. UnavailableError('redis') or RefusedError. */
export async function openReader(options: StoreOptions): Promise<OpenReader> {
  const connection = await openConnection(options)
  return {
    ...createReader(connection),
    positions: (log) => readPositions(connection, log),
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
    positions: (log) => readPositions(connection, log),
    position: (log, partition) => readStored(connection, log, partition),
    acceptLog: (log) => acceptLog(connection, log),
    apply: (batch) => applyBatch(connection, options.keepMs, batch),
    problem: () => connection.problem(),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose]()
  }
}

async function readPositions(connection: Connection, log: Log): Promise<ReadonlyMap<number, Position>> {
  const all = await connection.ask((redis) => redis.hgetall(positionsKey(connection.prefix, log)))
  const found = new Map<number, Position>()
  for (const [field, stored] of Object.entries(all)) {
    const partition = Number(field.slice(field.lastIndexOf('/') + 1))
    if (field === positionField(log, partition)) found.set(partition, readPosition(stored))
  }
  return found
}

async function readStored(connection: Connection, log: Log, partition: number): Promise<Position | null> {
  const all = await connection.ask((redis) => redis.hgetall(positionsKey(connection.prefix, log)))
  const stored = all[positionField(log, partition)]
  if (stored !== undefined) return readPosition(stored)
  const fields = Object.keys(all)
  const [other] = fields
  if (other !== undefined && !fields.some((field) => field.startsWith(`${log.incarnation}/`))) throw foreign(log, other)
  return null
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
  const key = positionsKey(connection.prefix, log)
  return connection.ask(async (redis) => Number(await redis.eval(acceptScript, 1, key, `${log.incarnation}/`, pattern)))
}
