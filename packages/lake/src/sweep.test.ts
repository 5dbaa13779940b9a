import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { loadContracts } from '@sluice/contracts'
import { readDelta, startLossyProxy, uniqueName, type LossyProxy } from '@sluice/testkit'
import { openLakeUnderTest, type LakeUnderTest } from '../testing/lake-under-test.ts'
import { spool } from '../testing/spool.ts'
import { appendLines, createTable } from '../testing/write-table.ts'
import { versionName, type Action } from './delta-action.ts'
import type { DeltaTable } from './delta-table.ts'
import { sweepLake, youngestSweptMs, type SweptLake } from './sweep.ts'
import { openSweeperStore, type SweeperStore } from './sweeper-store.ts'
import { eventTable } from './tables.ts'

const contracts = await loadContracts(join(import.meta.dirname, '../testing/contracts'))
const spec = { ...eventTable(contracts.byType('every.kind.v1')!), name: 'events' }
const week = 7 * 24 * 3_600_000
const folder = 'event_date=2013-09-01'

/** A lake of its own: one table with three rows in one file. */
interface Setting {
  readonly prefix: string
  readonly table: DeltaTable
  readonly listed: string
}

describe('a sweep', () => {
  let lake: LakeUnderTest
  let proxy: LossyProxy
  let store: SweeperStore

  before(async () => {
    lake = await openLakeUnderTest()
    proxy = await startLossyProxy(lake.storeSettings.endpoint!)
    store = openSweeperStore({ ...lake.storeSettings, endpoint: proxy.endpoint })
  })
  after(async () => {
    store?.close()
    await proxy?.[Symbol.asyncDispose]()
    await lake?.[Symbol.asyncDispose]()
  })

  it('deletes what no commit names and is old, and nothing else; other engines read the same rows', async () => {
    const { prefix, table, listed } = await openSetting()
    const others = ['_delta_log/x.parquet', '_change_data/x.parquet', `${folder}/notes.txt`]
    for (const path of [`${folder}/a.parquet`, 'b.parquet', ...others]) await put(table, path)
    const before = await rowsOf(table)
    const young = await sweep(prefix, youngestSweptMs)
    assert.deepEqual(young.tables, [{ table: 'events', found: 3, deleted: [], problem: null }])
    const dry = await sweep(prefix, 0, { isDryRun: true })
    assert.equal((await filesOf(table)).length, 3)
    const { tables } = await sweep(prefix, 0)
    assert.deepEqual(tables, dry.tables)
    const orphans = [
      { path: 'b.parquet', bytes: 6 },
      { path: `${folder}/a.parquet`, bytes: 6 }
    ]
    assert.deepEqual(tables, [{ table: 'events', found: 3, deleted: orphans, problem: null }])
    assert.deepEqual(await filesOf(table), [listed])
    for (const path of others) assert.notEqual(await lake.store.get(`${table.location}/${path}`), null)
    assert.deepEqual(await rowsOf(table), before)
  })

  it('knows how old an object is by the clock of S3', async () => {
    const directory = uniqueName('ages')
    const from = performance.now()
    await lake.store.put(`${directory}/x`, Buffer.from('x'))
    for (;;) {
      const { objects } = await store.listEntries(directory)
      const age = objects[0]!.ageMs
      // Both ends of it are cut to whole seconds.
      assert.ok(age <= performance.now() - from + 1_000, `${age} ms`)
      if (age >= 2_000) break
      assert.ok(performance.now() - from < 60_000, 'it grows')
    }
  })

  it('keeps a file that is committed between the listing and the look into the log', async () => {
    const { prefix, table, listed } = await openSetting()
    await put(table, `${folder}/late.parquet`)
    let commits = 0
    proxy.decide = ({ url }) => {
      const isLast = decodeURIComponent(url).includes(`${table.location}/${folder}/`)
      if (!isLast || commits++ > 0) return 'pass'
      return async () => void (await commit(table, [addFile(`${folder}/late.parquet`)]))
    }
    const { tables } = await sweep(prefix, 0)
    proxy.decide = () => 'pass'
    assert.equal(commits, 1)
    assert.deepEqual(tables, [{ table: 'events', found: 2, deleted: [], problem: null }])
    assert.deepEqual(await filesOf(table), [listed, `${folder}/late.parquet`].toSorted())
  })

  it('keeps a removed file for a week, also where only a checkpoint tells of it', async () => {
    const { prefix, table, listed } = await openSetting()
    const removed = `${folder}/removed.parquet`
    await put(table, removed)
    await commit(table, [addFile(removed)])
    await commit(table, [{ remove: { path: removed, dataChange: true, deletionTimestamp: Date.now() } }])
    assert.deepEqual((await sweep(prefix, 0)).tables[0]?.deleted, [])
    await readDelta('delta-rs', lake.connection, table.location, { checkpoint: true, isLogOnly: true })
    await lake.delete([0, 1, 2, 3].map((version) => `${table.location}/_delta_log/${versionName(version)}.json`))
    assert.deepEqual((await sweep(prefix, 0)).tables[0], { table: 'events', found: 2, deleted: [], problem: null })
    const later = await sweep(prefix, 0, { now: () => Date.now() + week + 60_000 })
    assert.deepEqual(later.tables[0]?.deleted, [{ path: removed, bytes: 6 }])
    assert.deepEqual(await filesOf(table), [listed])
  })

  for (const [what, spoil, problem] of [
    [
      'whose log cannot be read',
      (at: string) => lake.store.put(`${at}/${versionName(2)}.json`, Buffer.from('{')),
      /JSON/
    ],
    [
      'whose log has a hole',
      (at: string) => lake.store.put(`${at}/${versionName(3)}.json`, Buffer.from('{}')),
      /commits are missing/
    ],
    [
      'that has lost its log',
      (at: string) => lake.delete([0, 1].map((version) => `${at}/${versionName(version)}.json`)),
      /there is no log/
    ]
  ] as const) {
    it(`leaves a table alone ${what}, says so, and goes on with the others`, async () => {
      const { prefix, table } = await openSetting()
      await put(table, 'orphan.parquet')
      const second = await createTable({ ...lake, prefix }, { ...spec, name: 'others' })
      await put(second, 'orphan.parquet')
      await spoil(`${table.location}/_delta_log`)
      const { tables } = await sweep(prefix, 0)
      assert.match(tables[0]?.problem ?? '', problem)
      assert.deepEqual([tables[0]?.table, tables[0]?.deleted], ['events', []])
      assert.equal((await filesOf(table)).length, 2)
      assert.deepEqual([tables[1]?.table, tables[1]?.deleted.length, tables[1]?.problem], ['others', 1, null])
    })
  }

  for (const [what, action, problem] of [
    ['of another retention', withRetention('interval 30 days'), /expected 7 days, found interval 30 days/],
    ['with files elsewhere', addFile('s3://elsewhere/x.parquet'), /expected paths below the table, found s3:/]
  ] as const) {
    it(`leaves a table ${what} alone`, async () => {
      const { prefix, table } = await openSetting()
      await put(table, 'orphan.parquet')
      await commit(table, [action])
      const { tables } = await sweep(prefix, 0)
      assert.match(tables[0]?.problem ?? '', problem)
      assert.equal((await filesOf(table)).length, 2)
    })
  }

  it('aborts uploads that were left open, once they are old', async () => {
    const { prefix, table } = await openSetting()
    await lake.openUpload(`${table.location}/${folder}/half.parquet`)
    assert.deepEqual((await sweep(prefix, youngestSweptMs)).uploads, { aborted: [], problem: null })
    const swept = await sweep(prefix, 0)
    assert.deepEqual(swept.uploads, { aborted: [`${table.location}/${folder}/half.parquet`], problem: null })
    assert.deepEqual((await sweep(prefix, 0)).uploads.aborted, [])
  })

  async function openSetting(): Promise<Setting> {
    const prefix = uniqueName('swept')
    const own = { ...lake, prefix }
    const table = await createTable(own, spec)
    const input = join(lake.workDir, `${prefix}.ndjson`)
    await spool(input, ['a', 'b', 'c'].map(eventOf))
    await appendLines(own, spec, table, input)
    return { prefix, table, listed: (await filesOf(table))[0]! }
  }

  function sweep(prefix: string, olderThanMs: number, { isDryRun = false, now = Date.now } = {}): Promise<SweptLake> {
    return sweepLake({ ...lake, store, prefix, now }, { olderThanMs, isDryRun })
  }

  function put(table: DeltaTable, path: string): Promise<void> {
    return lake.store.put(`${table.location}/${path}`, Buffer.from('orphan'))
  }

  /** Data files that are there, listed or not. */
  async function filesOf({ location }: DeltaTable): Promise<string[]> {
    const direct = await lake.store.list(location)
    const deeper = (await lake.store.list(`${location}/${folder}`)).map((name) => `${folder}/${name}`)
    return [...direct, ...deeper].filter((path) => path.endsWith('.parquet')).toSorted()
  }

  async function rowsOf({ location }: DeltaTable) {
    const engines = await Promise.all(
      (['delta-rs', 'duckdb'] as const).map((engine) => readDelta(engine, lake.connection, location))
    )
    const rows = engines.map((read) =>
      read.rows.map((row) => String(row['event_id'])).toSorted((a, b) => a.localeCompare(b))
    )
    assert.deepEqual(rows, [
      ['a', 'b', 'c'],
      ['a', 'b', 'c']
    ])
    return rows
  }
})

function commit(table: DeltaTable, actions: readonly Action[]) {
  return table.commit({ id: randomUUID(), operation: 'WRITE', plan: () => actions })
}

function addFile(path: string): Action {
  const partitionValues = { event_date: '2013-09-01' }
  return { add: { path, partitionValues, size: 6, modificationTime: 0, dataChange: true, stats: '{"numRecords":0}' } }
}

function withRetention(retention: string): Action {
  return {
    metaData: {
      id: 'x',
      format: { provider: 'parquet', options: {} },
      schemaString: '{"type":"struct","fields":[]}',
      partitionColumns: ['event_date'],
      configuration: { 'delta.deletedFileRetentionDuration': retention }
    }
  }
}

function eventOf(id: string) {
  const time = '2013-09-01T12:00:00Z'
  const data = { name: id, order: 1, big: 0, moment: time, tags: [], text: null }
  return { id, source: 'urn:test', type: 'every.kind.v1', time, data }
}
