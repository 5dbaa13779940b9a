import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Shared } from './run-client.ts'

interface Table {
  readonly rows: { readonly 'delta-rs': number; readonly duckdb: number }
  /** Of each numeric column, by delta-rs and by DuckDB. */
  readonly sums: Readonly<Record<string, readonly [number | null, number | null]>>
  readonly files: number
  readonly pruning: Readonly<Record<'partition' | 'statistics', Pruned>> | null
}

interface Pruned {
  readonly files: { readonly 'delta-rs': number; readonly duckdb: number }
  readonly rows: { readonly 'delta-rs': number; readonly duckdb: number; readonly expected: number }
}

export function testLake(shared: () => Shared): void {
  describe('delta-rs and DuckDB on the lake', () => {
    let tables: Readonly<Record<string, Table>>

    it('read every table with the rows of the log and the same sums', async () => {
      const { runner, report } = shared()
      tables = await runner.python('read_lake.py', Object.keys(report.rows))
      for (const [name, { rows, sums }] of Object.entries(tables)) {
        assert.deepEqual(rows, { 'delta-rs': report.rows[name], duckdb: report.rows[name] }, name)
        for (const [column, [one, other]] of Object.entries(sums)) {
          const isSame = one === other || Math.abs(Number(one) - Number(other)) <= 1e-9 * Math.abs(Number(one))
          assert.ok(isSame, `${name}.${column}: ${one} and ${other}`)
        }
      }
      assert.ok(Object.values(tables).filter(({ rows }) => rows.duckdb > 0).length >= 5)
    })

    it('read fewer files for a day, and for a place, than there are', () => {
      for (const [name, { files, pruning }] of Object.entries(tables)) {
        for (const [by, pruned] of Object.entries(pruning ?? {})) {
          const { expected, ...read } = pruned.rows
          assert.deepEqual(Object.values(read), [expected, expected], `${name} by ${by}`)
          for (const [engine, count] of Object.entries(pruned.files)) {
            assert.ok(count <= files, `${name}: ${engine} reads ${count} of ${files} files by ${by}`)
          }
        }
      }
      const { files, pruning } = tables['flight_scheduled_v1'] ?? {}
      for (const { files: read } of Object.values(pruning ?? {})) {
        for (const count of Object.values(read)) assert.ok(count < Number(files), `${count} of ${files} files`)
      }
      assert.notEqual(pruning, null)
    })
  })
}
