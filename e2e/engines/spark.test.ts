import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { repoRoot } from '@sluice/testkit'
import { prepareClients } from '../clients/prepare-clients.ts'
import { readBlocks } from '../clients/read-blocks.ts'
import { createRunner } from '../clients/run-client.ts'
import { landed, replay } from '../replay.ts'
import { installSpark } from './install-spark.ts'

interface Table {
  readonly rows: number
  readonly sums: Readonly<Record<string, number | null>>
  readonly files: number
  readonly pruning: Readonly<Record<string, { readonly files: number; readonly rows: number }>> | null
}

/** What `read_lake.py` says of a table, by delta-rs and DuckDB. */
interface Seen {
  readonly sums: Readonly<Record<string, readonly [number | null, number | null]>>
  readonly files: number
  readonly pruning: Readonly<Record<string, { readonly rows: { readonly expected: number } }>> | null
}

describe('Spark with Delta Lake', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-spark-'))
  let seen: Readonly<Record<string, Seen>>
  let rows: Readonly<Record<string, number>>
  let tables: Readonly<Record<string, Table>>
  before(async () => {
    const spark = await installSpark()
    const clients = await prepareClients(dir)
    {
      await using run = await replay({ from: '2013-02-12', to: '2013-02-14', speed: 'max' })
      const report = await landed(run, 120_000)
      assert.deepEqual(report.problems, [])
      rows = report.rows
      const runner = createRunner(run.platform, clients, readBlocks(join(repoRoot, 'docs/clients.md')).setup)
      seen = await runner.python('read_lake.py', Object.keys(rows))
      await runner.python('../engines/copy_lake.py', [join(dir, 'lake')])
    }
    // The platform is gone: two cores are few for both.
    const args = [join(import.meta.dirname, 'read_spark.py'), join(dir, 'lake'), spark.jars, ...Object.keys(rows)]
    const { stdout } = await promisify(execFile)(spark.python, args, { maxBuffer: 2 ** 26, timeout: 500_000 })
    tables = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as typeof tables
  })
  after(() => rmSync(dir, { recursive: true, force: true }))

  it('reads every table with the rows of the log, and the sums of delta-rs', () => {
    for (const [name, { rows: count, sums, files }] of Object.entries(tables)) {
      assert.equal(count, rows[name], name)
      assert.equal(files, seen[name]?.files, name)
      for (const [column, sum] of Object.entries(sums)) {
        const other = Number(seen[name]?.sums[column]?.[0])
        assert.ok(Math.abs(Number(sum) - other) <= 1e-9 * Math.abs(other), `${name}.${column}: ${sum} and ${other}`)
      }
    }
    assert.equal(Object.keys(tables).length, 7)
  })

  it('reads fewer files for a day, and for a place, than there are', () => {
    for (const [name, { pruning }] of Object.entries(tables)) {
      for (const [by, found] of Object.entries(pruning ?? {})) {
        assert.equal(found.rows, seen[name]?.pruning?.[by]?.rows.expected, `${name} by ${by}`)
      }
    }
    const { files = 0, pruning } = tables['flight_scheduled_v1'] ?? {}
    for (const [by, found] of Object.entries(pruning ?? {})) assert.ok(found.files < files, `${found.files} by ${by}`)
    assert.ok(files >= 2)
  })
})
