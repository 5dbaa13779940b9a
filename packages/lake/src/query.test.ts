import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { loadContracts } from '@sluice/contracts'
import { openLakeUnderTest, type LakeUnderTest } from '../testing/lake-under-test.ts'
import { spool } from '../testing/spool.ts'
import { appendLines, createTable } from '../testing/write-table.ts'
import type { QueryResult } from './duck.ts'
import { openLakeReader, type LakeReader } from './reader.ts'
import { eventTable } from './tables.ts'
import type { TableSpec } from './types.ts'

const contracts = await loadContracts(join(import.meta.dirname, '../testing/contracts'))
const spec: TableSpec = { ...eventTable(contracts.byType('every.kind.v1')!), name: 'days' }
const hours = Array.from({ length: 96 }, (_, hour) => new Date(Date.UTC(2013, 7, 30, hour, 0, 0, hour)).toISOString())

describe('a query', () => {
  let lake: LakeUnderTest
  before(async () => {
    lake = await openLakeUnderTest()
    const days = await createTable(lake, spec)
    await createTable(lake, { ...spec, name: 'nobody' })
    // Four days by two commits: eight files of one date and half a day each.
    for (const half of [0, 12]) {
      const input = join(lake.workDir, `${half}.ndjson`)
      const some = hours.filter((_, hour) => Math.floor(hour / 12) % 2 === half / 12)
      await spool(input, some.map(eventAt))
      await appendLines(lake, spec, days, input)
    }
  })
  after(() => lake[Symbol.asyncDispose]())

  /** A reader whose fetched files are counted. */
  function openCounting(keepFiles = false): { reader: LakeReader; fetched: string[] } {
    const fetched: string[] = []
    const download: typeof lake.store.download = (key, path, signal) => {
      fetched.push(key)
      return lake.store.download(key, path, signal)
    }
    return { fetched, reader: openLakeReader({ ...lake, store: { ...lake.store, download }, keepFiles }) }
  }

  async function ask(sql: string): Promise<{ result: QueryResult; files: number }> {
    const { reader, fetched } = openCounting()
    await using _ = reader
    return { result: await reader.query(sql), files: fetched.length }
  }

  const questions: readonly [sql: string, files: number][] = [
    ['SELECT count(*) FROM days', 8],
    ["SELECT count(*) FROM days WHERE event_date = '2013-08-31'", 2],
    ["SELECT count(*) FROM days WHERE event_date >= '2013-08-31' AND event_date < DATE '2013-09-02'", 4],
    ["SELECT count(*) FROM days WHERE event_time BETWEEN '2013-08-31 11:00:00.011' AND '2013-08-31 11:00:00.035'", 1],
    ['SELECT count(*) FROM days WHERE event_time > \'2013-09-02 10:00:00\' AND "order" > 3', 2],
    ["SELECT count(*) FROM Days WHERE event_date = '1999-01-01'", 0],
    ["SELECT count(*) FROM days WHERE event_date = '2013-08-31' OR event_date = '2013-09-02'", 8],
    ["SELECT count(*) FROM days AS a LEFT JOIN days AS b ON a.name = b.name AND b.event_date = '2013-08-31'", 8],
    [
      "SELECT count(b.name) FROM (FROM days WHERE event_date > '2013-09-01') AS a JOIN days AS b USING (event_date) WHERE b.event_date > '2013-09-01'",
      2
    ],
    [
      "WITH old AS (SELECT * FROM days WHERE event_date < '2013-08-31') SELECT max(old.name), count(*) FROM old, nobody AS x",
      2
    ],
    ["SELECT (SELECT count(*) FROM days WHERE event_date = '2013-08-30'), (SELECT count(*) FROM days)", 8],
    ["SELECT name FROM days WHERE text = 'event_date>=''2013-09-09''::DATE'", 8],
    ["SELECT count(*) FROM days WHERE event_date > '2013-08-31' AND event_time <= '2013-09-01 00:00:00.048'", 1],
    ['FROM days AS a, (FROM days) AS b, (SELECT max("order") AS o FROM nobody) AS c SELECT count(*), max(c.o)', 8],
    ['SUMMARIZE SELECT "order" FROM days', 8],
    ['DESCRIBE days', 8]
  ]
  for (const [sql, files] of questions) {
    it(`fetches ${files} files and answers as all of them do: ${sql}`, async () => {
      const asked = await ask(sql)
      await using reader = openLakeReader({ ...lake })
      const rows = await reader.queryTables(sql, { tables: ['days', 'nobody'] })
      assert.deepEqual(
        asked.result.rows,
        rows.map((row) => Object.values(row))
      )
      assert.equal(asked.files, files)
    })
  }

  it('tells the names and types of its columns, also where they share a name or no row comes', async () => {
    const { result } = await ask('SELECT count(*) AS n, name AS n, event_date FROM days WHERE false GROUP BY ALL')
    assert.deepEqual(result, {
      columns: [
        { name: 'n', type: 'BIGINT' },
        { name: 'n', type: 'VARCHAR' },
        { name: 'event_date', type: 'DATE' }
      ],
      rows: []
    })
    assert.deepEqual((await ask('SELECT 1 AS a, 2 AS a')).result.rows, [[1, 2]])
  })

  it('fetches a file once where files are kept', async () => {
    const { reader, fetched } = openCounting(true)
    await using _ = reader
    for (const _again of [1, 2]) await reader.query("SELECT count(*) FROM days WHERE event_date = '2013-08-31'")
    assert.equal(fetched.length, 2)
    await reader.query('SELECT count(*) FROM days')
    assert.equal(fetched.length, 8)
  })

  it('names a table that is not there and those that are, and fetches nothing for a query that cannot be', async () => {
    const { reader, fetched } = openCounting()
    await using _ = reader
    assert.deepEqual(await reader.listTables(), ['days', 'nobody'])
    await assert.rejects(reader.query('SELECT * FROM nights'), /there is no table nights in .*; there are days, nobody/)
    await assert.rejects(reader.query('SELECT nothing FROM days'), /Binder Error.*"nothing"/)
    await assert.rejects(reader.query('SELEC 1'), /Parser Error/)
    await assert.rejects(reader.query('SELECT 1; SELECT 2'), /expected one statement, found 2/)
    await assert.rejects(reader.query(''), /expected one statement, found 0/)
    await assert.rejects(reader.query('DESCRIBE nights'), /there is no table nights/)
    assert.deepEqual(fetched, [])
    assert.equal((await reader.query('SELECT count(*) FROM information_schema.tables')).rows.length, 1)
  })
})

function eventAt(time: string) {
  const data = { name: time, order: Number(time.slice(11, 13)), big: 0, moment: time, tags: [], text: null }
  return { id: time, source: 'urn:test', type: 'every.kind.v1', time, data }
}
