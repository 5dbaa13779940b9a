import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLakeReader, openObjectStore, type ObjectStoreSettings } from '@sluice/lake'
import { silentLog } from '../json-log.ts'
import { onStopSignal } from '../on-stop-signal.ts'
import { printResult, type Format } from './print-result.ts'
import { runPrompt } from './run-prompt.ts'

interface QueryOptions {
  readonly lake: ObjectStoreSettings
  /** Folder of the tables within the bucket. */
  readonly prefix: string
  readonly format: Format
  /** Null: from a prompt, or line by line from whoever writes to this process. */
  readonly sql: string | null
  readonly historyFile: string
}

/** Answers one query, or those of a prompt. Returns the exit code. */
export async function runQueries({ lake, prefix, format, sql, historyFile }: QueryOptions): Promise<number> {
  const workDir = await mkdtemp(join(tmpdir(), 'sluice-query-'))
  const store = openObjectStore(lake)
  const signals = onStopSignal(() => process.exit(1))
  // A reader such as `head` may have seen enough.
  process.stdout.on('error', () => process.exit(0))
  try {
    await using reader = openLakeReader({ store, prefix, workDir, log: silentLog, now: Date.now, keepFiles: true })
    if (sql === null) {
      const { stdin: input, stdout: output } = process
      return await runPrompt({ reader, format, input, output, historyFile, stop: signals.stop })
    }
    process.stdout.write(printResult(await reader.query(sql, signals.stop), format))
    return 0
  } finally {
    signals.dispose()
    store.close()
    await rm(workDir, { recursive: true, force: true })
  }
}
