import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { checkTopics } from '@sluice/kafka'
import {
  openDuck,
  openLakeReader,
  positionOf,
  schemaActions,
  type DataFile,
  type Duck,
  type Position,
  type TableSpec
} from '@sluice/lake'
import { commitTable, planCommit } from './commit-table.ts'
import { openTables } from './open-tables.ts'
import { passGap } from './pass-gap.ts'
import type { TableState } from './table-state.ts'
import { openBench, type Bench } from './testing/lake-bench.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const start: Position = { next: 0n, origin: -1n }

describe('a commit of rows and positions', () => {
  let bench: Bench
  let duck: Duck
  let spoolDir: string
  const deps = { now: Date.now, newId: randomUUID }

  before(async () => {
    bench = await openBench()
    spoolDir = await mkdtemp(join(tmpdir(), 'sluice-commit-table-'))
    duck = await openDuck({ tempDir: join(spoolDir, 'duck') })
  })
  after(async () => {
    await duck?.close()
    await bench?.[Symbol.asyncDispose]()
    await rm(spoolDir, { recursive: true, force: true })
  })

  /** Every table as one loader knows it. */
  async function tables(prefix: string): Promise<readonly TableState[]> {
    const { contracts, kafka, store } = bench
    return openTables({
      ...deps,
      contracts,
      kafka,
      store,
      duck,
      prefix,
      spoolDir,
      acceptNewLog: false,
      incarnations: await checkTopics(kafka, contracts.topics),
      tick: () => undefined,
      log: silent
    })
  }

  async function readings(prefix: string): Promise<TableState> {
    return (await tables(prefix)).find(({ spec }) => spec.name === 'reading_taken_v1')!
  }

  async function move(table: TableState, partition: number, from: Position, to: Position): Promise<string> {
    const { source } = [...table.cursors.values()].find((cursor) => cursor.source.partition === partition)!
    return commitTable(
      { ...deps, store: bench.store },
      planCommit({ ...deps, store: bench.store }, table, [{ source, from, to }], [])
    )
  }

  function positionIn(table: TableState, partition: number): Position | null {
    const { source } = [...table.cursors.values()].find((cursor) => cursor.source.partition === partition)!
    return positionOf(table.delta.snapshot, source)
  }

  it('is discarded when a rival has moved a position, also if the table was refreshed for another reason since', async () => {
    const [mine, rival] = [await readings(`${bench.prefix}-a`), await readings(`${bench.prefix}-a`)]
    assert.equal(await move(rival, 0, start, { next: 5n, origin: 50n }), 'committed')
    // As when another partition is opened while the buffer of this one is full: the newest version is known by now.
    await mine.delta.refresh()
    assert.equal(await move(mine, 0, start, { next: 7n, origin: 70n }), 'stale')
    assert.deepEqual(positionIn(mine, 0), { next: 5n, origin: 50n })
    assert.equal(
      await move(mine, 1, start, { next: 3n, origin: 30n }),
      'committed',
      'other partitions are not concerned'
    )
  })

  it('keeps a column that a rival has added meanwhile', async () => {
    const [mine, rival] = [await readings(`${bench.prefix}-b`), await readings(`${bench.prefix}-b`)]
    const added = { name: 'added_by_a_rival', type: { kind: 'integer' }, nullable: true } as const
    const spec: TableSpec = {
      ...rival.spec,
      columns: [...rival.spec.columns.slice(0, -1), added, rival.spec.columns.at(-1)!]
    }
    const plan = (snapshot: typeof rival.delta.snapshot) => schemaActions(spec, snapshot)
    await rival.delta.commit({ id: randomUUID(), operation: 'STREAMING UPDATE', plan })
    assert.equal(await move(mine, 0, start, { next: 4n, origin: 40n }), 'committed')
    await rival.delta.refresh()
    assert.match(rival.delta.snapshot.metaData?.schemaString ?? '', /added_by_a_rival/)
    assert.deepEqual(positionIn(rival, 0), { next: 4n, origin: 40n })
  })

  it('stores a file anew that has waited for its commit for so long that it may have been swept', async () => {
    const prefix = `${bench.prefix}-d`
    const table = await readings(prefix)
    const { source } = [...table.cursors.values()][0]!
    const localPath = join(spoolDir, 'rows.parquet')
    await writeFile(localPath, 'rows')
    const file: DataFile = { localPath, eventDate: '2013-09-01', rows: 1, bytes: 4, stats: '{"numRecords":1}' }
    let clockMs = Date.now()
    const own = { ...deps, now: () => clockMs, store: bench.store }
    const { delta } = table
    // Between the storing and the commit it is put to sleep.
    let sleeps = 1
    const sleepy: typeof delta = {
      ...delta,
      commit(wanted, signal) {
        if (sleeps-- > 0) clockMs += 2 * 3_600_000
        return delta.commit(wanted, signal)
      }
    }
    const moves = [{ source, from: start, to: { next: 5n, origin: 50n } }]
    const commit = planCommit(own, { ...table, delta: sleepy }, moves, [file])
    const first = commit.files[0]!.path
    await assert.rejects(commitTable(own, commit), /have waited for too long/)
    assert.equal(await commitTable(own, commit), 'committed')
    await using reader = openLakeReader({ ...own, prefix, workDir: spoolDir, log: silent })
    const [listed, ...others] = (await reader.readSnapshot(table.spec.name))!.files
    assert.deepEqual(others, [])
    assert.notEqual(listed?.path, first)
    assert.deepEqual(await bench.store.get(`${table.delta.location}/${listed!.path}`), Buffer.from('rows'))
  })

  it('of a gap moves every table that lacks it behind it, and none that would skip more', async () => {
    const own = await tables(`${bench.prefix}-c`)
    const [first, second] = own.filter(({ spec }) => spec.name !== 'dead_letters')
    await move(first!, 0, start, { next: 12n, origin: 60n })
    await move(second!, 0, start, { next: 25n, origin: 90n })
    await move(first!, 1, start, { next: 5n, origin: 40n })
    const gap = { topic: bench.contracts.topics.enriched.name, partition: 0, from: 10n, to: 19n }
    let counted = 0
    const metrics = { rejected: () => void (counted += 1) }
    for (const partition of [0, 1]) {
      await passGap(
        { ...deps, store: bench.store, tables: own, metrics, tick: () => undefined },
        { ...gap, partition },
        AbortSignal.timeout(30_000)
      )
    }
    assert.deepEqual(positionIn(first!, 0), { next: 20n, origin: 60n })
    assert.deepEqual(positionIn(second!, 0), { next: 25n, origin: 90n })
    assert.deepEqual(positionIn(first!, 1), { next: 5n, origin: 40n })
    assert.equal(counted, 2)
  })
})
