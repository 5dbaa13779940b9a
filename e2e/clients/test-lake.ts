import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Shared } from './run-client.ts'
import { tableNames } from './table-names.ts'

interface Table {
  readonly rows: { readonly 'delta-rs': number; readonly duckdb: number }
  /** Of each numeric column, `enrichment.arrival_delay.probability` too, by delta-rs and by DuckDB. */
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
      tables = await runner.python('read_lake.py', await tableNames())
      for (const [name, { rows, sums }] of Object.entries(tables)) {
        // The oracle counts what is replayed; a table of another contract is empty.
        const expected = report.rows[name] ?? 0
        assert.deepEqual(rows, { 'delta-rs': expected, duckdb: expected }, name)
        for (const [column, [one, other]] of Object.entries(sums)) {
          const isSame = one === other || Math.abs(Number(one) - Number(other)) <= 1e-9 * Math.abs(Number(one))
          assert.ok(isSame, `${name}.${column}: ${one} and ${other}`)
        }
      }
      for (const name of Object.keys(report.rows)) assert.ok(name in tables, `no contract has the table ${name}`)
      const [probability] = tables['flight_scheduled_v1']?.sums['enrichment.arrival_delay.probability'] ?? []
      assert.ok(Number(probability) > 0, `the sum of probabilities is ${probability}`)
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
      assert.ok(pruning, 'there are scheduled flights')
      for (const { files: read } of Object.values(pruning)) {
        for (const count of Object.values(read)) assert.ok(count < Number(files), `${count} of ${files} files`)
      }
    })
  })
}
