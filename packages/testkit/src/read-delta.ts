import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pythonTools } from './python.ts'

const exec = promisify(execFile)

export interface DeltaRead {
  readonly version: number
  readonly files: number
  readonly txns: Readonly<Record<string, number | null>>
  readonly schema: unknown
  readonly rows: readonly Record<string, unknown>[]
}

/** Reads a table with delta-rs or DuckDB's own delta extension, in Python: nothing of this repository takes part. */
export async function readDelta(
  engine: 'delta-rs' | 'duckdb',
  connection: object,
  location: string,
  options: {
    readonly apps?: readonly string[]
    readonly checkpoint?: boolean
    readonly isLogOnly?: boolean
    /** SQL; DuckDB only. */
    readonly where?: string
  } = {}
): Promise<DeltaRead> {
  const { python } = await pythonTools()
  const request = JSON.stringify({ ...connection, engine, location, ...options })
  const { stdout } = await exec(python, [join(import.meta.dirname, 'read_delta.py'), request], { maxBuffer: 2 ** 30 })
  return JSON.parse(stdout) as DeltaRead
}
