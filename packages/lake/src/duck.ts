import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'

/** One DuckDB within bounds: one thread, one statement at a time, off the event loop. */
export interface Duck {
  /** Runs `work` when everything before it is done. An aborted signal interrupts the statement in hand. */
  exclusive<T>(work: (db: Sql) => Promise<T>, signal?: AbortSignal): Promise<T>
  close(): Promise<void>
}

export interface Sql {
  run(sql: string): Promise<void>
  /** Rows as DuckDB's JSON: 64-bit integers, dates and times are texts. */
  rows(sql: string): Promise<Record<string, unknown>[]>
  /** The same by position, so that columns may share a name. */
  table(sql: string): Promise<QueryResult>
  /** Names of tables that one statement reads, perhaps not all of them; throws at a text that is not one statement. */
  tablesOf(sql: string): Promise<readonly string[]>
}

export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** JSON values; 64-bit integers, dates and times are texts. */
  readonly rows: readonly (readonly unknown[])[]
}

export interface DuckSettings {
  /** Where DuckDB puts what does not fit into memory. */
  readonly tempDir: string
  /** Default 256. */
  readonly memoryMb?: number
}

/** Rows or lines that DuckDB cannot read as the declared types. Anything else that it throws is no fault of the data. */
export class UnloadableError extends Error {
  override readonly name = 'UnloadableError'
}

export async function openDuck(settings: DuckSettings): Promise<Duck> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: `${settings.memoryMb ?? 256}MB`,
    temp_directory: settings.tempDir,
    // Everything that is used here is built in; nothing is fetched at run time.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false'
  })
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  const interrupt = (): void => connection.interrupt()
  let last: Promise<unknown> = Promise.resolve()
  let isClosed = false

  function exclusive<T>(work: (db: Sql) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const mine = last.then(async () => {
      signal?.throwIfAborted()
      if (isClosed) throw new Error('duck: closed')
      signal?.addEventListener('abort', interrupt, { once: true })
      try {
        return await work(over(connection, signal))
      } finally {
        signal?.removeEventListener('abort', interrupt)
      }
    })
    last = mine.catch(() => undefined)
    return mine
  }

  return {
    exclusive,
    async close() {
      await last
      if (isClosed) return
      isClosed = true
      connection.closeSync()
      instance.closeSync()
    }
  }
}

function over(connection: DuckDBConnection, signal: AbortSignal | undefined): Sql {
  return {
    async run(sql) {
      signal?.throwIfAborted()
      await connection.run(sql).catch((error: unknown) => rethrow(error, signal))
    },
    async rows(sql) {
      signal?.throwIfAborted()
      const result = await connection.runAndReadAll(sql).catch((error: unknown) => rethrow(error, signal))
      return result.getRowObjectsJson()
    },
    async table(sql) {
      signal?.throwIfAborted()
      const result = await connection.runAndReadAll(sql).catch((error: unknown) => rethrow(error, signal))
      const types = result.columnTypes()
      const columns = result.columnNames().map((name, i) => ({ name, type: String(types[i]) }))
      return { columns, rows: result.getRowsJson() }
    },
    async tablesOf(sql) {
      const count = await countStatements(connection, sql)
      if (count !== 1) throw new Error(`expected one statement, found ${count}`)
      return connection.getTableNames(sql, false)
    }
  }
}

async function countStatements(connection: DuckDBConnection, sql: string): Promise<number> {
  try {
    return (await connection.extractStatements(sql)).count
  } catch (error) {
    const { message } = error as Error
    // What the library throws at a text without any.
    if (message === 'Error in native callback') return 0
    throw new Error(message.replace(/^Failed to extract statements: /, ''), { cause: error })
  }
}

function rethrow(error: unknown, signal: AbortSignal | undefined): never {
  signal?.throwIfAborted()
  const message = error instanceof Error ? error.message : String(error)
  if (/^(Invalid Input|Conversion|Out of Range) Error/.test(message))
    throw new UnloadableError(message, { cause: error })
  throw error
}
