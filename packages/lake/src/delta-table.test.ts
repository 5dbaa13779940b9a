import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { RefusedError, UnavailableError } from '@sluice/events'
import { readDelta, startLossyProxy, type LossyProxy } from '@sluice/testkit'
import { openLakeUnderTest, type LakeUnderTest } from '../testing/lake-under-test.ts'
import { versionName, type Action } from './delta-action.ts'
import { deltaSchema } from './delta-schema.ts'
import { openDeltaTable, type Commit, type DeltaTable } from './delta-table.ts'
import { openObjectStore, type ObjectStore } from './object-store.ts'
import { positionActions, positionOf, type Source } from './positions.ts'

const source: Source = { incarnation: 'one', topic: 'events', partition: 0 }
const schema = deltaSchema([
  { name: 'n', type: { kind: 'long' }, nullable: true },
  { name: 'event_date', type: { kind: 'date' }, nullable: true }
])

describe('a Delta table', () => {
  let lake: LakeUnderTest
  let proxy: LossyProxy
  let overProxy: ObjectStore
  let tables = 0

  before(async () => {
    lake = await openLakeUnderTest()
    proxy = await startLossyProxy(lake.storeSettings.endpoint!)
    overProxy = openObjectStore({ ...lake.storeSettings, endpoint: proxy.endpoint })
  })

  after(async () => {
    overProxy.close()
    await proxy[Symbol.asyncDispose]()
    await lake[Symbol.asyncDispose]()
  })

  const newName = (): string => `t${++tables}`

  function open(name: string, options: { store?: ObjectStore; keepFiles?: boolean } = {}): DeltaTable {
    const { store = lake.store, keepFiles = false } = options
    return openDeltaTable({ ...lake, store }, { name, location: `${lake.prefix}/${name}`, keepFiles })
  }

  async function create(name: string): Promise<DeltaTable> {
    const table = open(name)
    await commit(table, firstActions())
    return table
  }

  it('has no version until it is created, and then is what was committed', async () => {
    const name = newName()
    assert.equal((await open(name).refresh()).version, -1)
    await create(name)
    const snapshot = await open(name).refresh()
    assert.equal(snapshot.version, 0)
    assert.deepEqual(JSON.parse(snapshot.metaData!.schemaString), schema)
  })

  it('is created once by two that try', async () => {
    const name = newName()
    const results = await Promise.all([open(name).commit(creation('a')), open(name).commit(creation('b'))])
    assert.equal(results.filter((result) => result !== null).length, 1)
  })

  it('loses no commit of two rivals, and asks for the plan at every attempt', async () => {
    const name = newName()
    await create(name)
    const other = openObjectStore(lake.storeSettings)
    const rivals = [open(name), open(name, { store: other })]
    const results = await Promise.all(
      rivals.map(async (table) => {
        let overtaken = 0
        for (let done = 0; done < 100;) {
          await table.refresh()
          const from = positionOf(table.snapshot, source)?.next ?? 0n
          if ((await take(table, from, 1 + (done % 7))) === null) overtaken++
          else done++
        }
        return overtaken
      })
    )
    other.close()
    const snapshot = await open(name, { keepFiles: true }).refresh()
    assert.equal(snapshot.version, 200, `${snapshot.version} versions of 200 commits: some were overwritten`)
    assert.equal(snapshot.files.size, 200)
    const rows = [...snapshot.files.values()].reduce((sum, { stats }) => sum + JSON.parse(stats!).numRecords, 0)
    assert.equal(BigInt(rows), positionOf(snapshot, source)?.next)
    assert.ok(results[0]! + results[1]! > 0, 'the two never met')
    const outside = await readDelta('delta-rs', lake.connection, `${lake.prefix}/${name}`, {
      apps: ['sluice/one/events/0', 'sluice/one/events/0/origin'],
      isLogOnly: true
    })
    assert.deepEqual([outside.version, outside.files], [200, 200])
    assert.deepEqual(outside.txns, { 'sluice/one/events/0': rows, 'sluice/one/events/0/origin': rows - 1 })
  })

  it('says of each commit how long it took and how often a rival came first', async () => {
    const name = newName()
    await create(name)
    const beganMs = lake.now() - 60_000
    const rivals = Array.from({ length: 8 }, () => open(name))
    await Promise.all(
      rivals.map((table, i) =>
        table.commit({ id: randomUUID(), operation: 'WRITE', beganMs, plan: () => [addFile(`f${i}`, 1)] })
      )
    )
    const metrics = await Promise.all(
      rivals.map(async (_, i) => {
        const bytes = await lake.store.get(`${lake.prefix}/${name}/_delta_log/${versionName(i + 1)}.json`)
        const [first = ''] = bytes!.toString().split('\n')
        return (JSON.parse(first) as Action).commitInfo!.operationMetrics!
      })
    )
    assert.ok(metrics.every(({ executionTimeMs }) => Number(executionTimeMs) >= 60_000))
    const retries = metrics.map(({ numRetries }) => Number(numRetries))
    assert.equal(Math.min(...retries), 0)
    assert.ok(Math.max(...retries) > 0, 'the eight never met')
  })

  it('finds its commit when the answer was lost', async () => {
    const name = newName()
    await create(name)
    onCommit(name, 1, ['lose-answer'])
    const committed = await take(open(name, { store: overProxy }), 0n, 5)
    assert.deepEqual(committed, { version: 1 })
    assert.equal(positionOf(await open(name).refresh(), source)?.next, 5n)
  })

  it('finds its commit when every answer was lost and it comes back later with the same id', async () => {
    const name = newName()
    await create(name)
    onCommit(name, 1, ['lose-answer', 'lose-answer', 'lose-answer'])
    const table = open(name, { store: overProxy })
    await assert.rejects(commit(table, [addFile('a', 1)], 'same'), UnavailableError)
    await take(open(name), 0n, 3)
    assert.deepEqual(await commit(table, [addFile('a', 1)], 'same'), { version: 1 })
    assert.equal((await open(name).refresh()).version, 2)
  })

  it('does not take the commit of a rival for its own when an answer is lost', async () => {
    const name = newName()
    await create(name)
    const table = open(name, { store: overProxy })
    proxy.decide = ({ method, url }) => {
      if (method !== 'PUT' || !url.includes(versionName(1))) return 'pass'
      proxy.decide = () => 'pass'
      return 'drop'
    }
    await table.refresh()
    await take(open(name), 0n, 3)
    assert.equal(await take(table, 0n, 5), null)
    assert.equal(positionOf(await open(name).refresh(), source)?.next, 3n)
  })

  it('refuses another protocol, also when a rival brings it later', async () => {
    const name = newName()
    const table = await create(name)
    await commit(open(name), [{ protocol: { minReaderVersion: 1, minWriterVersion: 4 } }])
    await assert.rejects(
      table.refresh(),
      (error) => error instanceof RefusedError && /\(1, 2\).*\(1, 4\)/.test(error.message)
    )
  })

  it('starts from the checkpoint that it writes every 50 commits, and so does delta-rs', async () => {
    const name = newName()
    const table = await create(name)
    for (let i = 0; i < 50; i++) await take(table, BigInt(i * 2), 2)
    await commit(table, [{ remove: { path: 'gone', dataChange: true, deletionTimestamp: Date.now() } }])
    await take(table, 100n, 2)
    await deleteCommits(name, 50)
    const snapshot = await open(name, { keepFiles: true }).refresh()
    assert.deepEqual([snapshot.version, snapshot.files.size], [52, 51])
    assert.deepEqual(positionOf(snapshot, source), { next: 102n, origin: 101n })
    assert.deepEqual(JSON.parse(snapshot.metaData!.schemaString), schema)
    const outside = await readDelta('delta-rs', lake.connection, `${lake.prefix}/${name}`, {
      apps: ['sluice/one/events/0'],
      isLogOnly: true
    })
    assert.deepEqual([outside.version, outside.files, outside.txns], [52, 51, { 'sluice/one/events/0': 102 }])
    assert.deepEqual(lake.warnings, [])
  })

  it('builds a checkpoint on the one before, forgetting what was removed', async () => {
    const name = newName()
    const table = await create(name)
    await commit(table, [addFile('kept', 1), addFile('removed', 1), addFile('long gone', 1)])
    for (let i = 2; i <= 50; i++) await commit(table, positionActions(source, { next: BigInt(i), origin: -1n }, 0))
    await commit(table, [{ remove: { path: 'removed', dataChange: true, deletionTimestamp: Date.now() } }])
    await commit(table, [{ remove: { path: 'long gone', dataChange: true, deletionTimestamp: 0 } }])
    for (let i = 53; i <= 100; i++) await commit(table, positionActions(source, { next: BigInt(i), origin: -1n }, 0))
    await deleteCommits(name, 100)
    const snapshot = await open(name, { keepFiles: true }).refresh()
    assert.deepEqual([snapshot.version, [...snapshot.files.keys()]], [100, ['kept']])
    assert.deepEqual(positionOf(snapshot, source), { next: 100n, origin: -1n })
    assert.equal(snapshot.files.get('kept')?.partitionValues['event_date'], '2013-01-01')
    const [row] = await checkpointRows(name, 100)
    assert.deepEqual([row?.['adds'], row?.['removes']], ['1', '1'])
  })

  it('starts from a checkpoint that delta-rs made, and builds the next on it', async () => {
    const name = newName()
    const table = await create(name)
    for (let i = 0; i < 30; i++) await take(table, BigInt(i), 1)
    const location = `${lake.prefix}/${name}`
    await readDelta('delta-rs', lake.connection, location, { checkpoint: true, isLogOnly: true })
    await deleteCommits(name, 30)
    const later = open(name, { keepFiles: true })
    assert.deepEqual(positionOf(await later.refresh(), source), { next: 30n, origin: 29n })
    assert.equal(later.snapshot.files.size, 30)
    for (let i = 30; i < 50; i++) await take(later, BigInt(i), 1)
    await deleteCommits(name, 50)
    const outside = await readDelta('delta-rs', lake.connection, location, { isLogOnly: true })
    assert.deepEqual([outside.version, outside.files], [50, 50])
    assert.deepEqual(positionOf(await open(name).refresh(), source), { next: 50n, origin: 49n })
  })

  it('commits although a checkpoint cannot be written', async () => {
    const name = newName()
    await create(name)
    const table = open(name, { store: overProxy })
    proxy.decide = ({ method, url }) => (method === 'PUT' && url.includes('.checkpoint.') ? 403 : 'pass')
    for (let i = 0; i < 51; i++) await take(table, BigInt(i), 1)
    proxy.decide = () => 'pass'
    assert.equal((await open(name).refresh()).version, 51)
    assert.deepEqual(lake.warnings.splice(0), ['checkpoint not written'])
  })

  it('goes on without a checkpoint that cannot be read, as long as the commits are there', async () => {
    const name = newName()
    const table = await create(name)
    for (let i = 0; i < 50; i++) await take(table, BigInt(i), 1)
    const key = `${lake.prefix}/${name}/_delta_log/${versionName(50)}.checkpoint.parquet`
    await lake.store.put(key, Buffer.from('not parquet'))
    assert.deepEqual(positionOf(await open(name).refresh(), source), { next: 50n, origin: 49n })
    assert.deepEqual(lake.warnings.splice(0), ['checkpoint cannot be read'])
  })

  it('follows a log whose older commits were cleaned up behind a checkpoint', async () => {
    const name = newName()
    const table = await create(name)
    const sleeper = open(name)
    await sleeper.refresh()
    for (let i = 0; i < 51; i++) await take(table, BigInt(i), 1)
    await deleteCommits(name, 50)
    assert.equal(await take(sleeper, 0n, 5), null)
    assert.equal(sleeper.snapshot.version, 51)
  })

  it('notices that its bucket was lost, instead of going on with its next version', async () => {
    const name = newName()
    const table = await create(name)
    for (let i = 0; i < 3; i++) await take(table, BigInt(i), 1)
    await deleteCommits(name, 3)
    assert.equal(await take(table, 3n, 1), null)
    assert.equal(table.snapshot.version, -1)
    await commit(table, firstActions())
    assert.equal(table.snapshot.version, 0)
    assert.equal((await take(table, 0n, 1))?.version, 1)
    assert.equal((await open(name).refresh()).version, 1)
  })

  /** Cleans up the commits up to a version, as other engines do behind a checkpoint. */
  async function deleteCommits(name: string, upTo: number): Promise<void> {
    const names = Array.from({ length: upTo + 1 }, (_, version) => `${versionName(version)}.json`)
    await lake.delete(names.map((commit) => `${lake.prefix}/${name}/_delta_log/${commit}`))
  }

  async function checkpointRows(name: string, version: number) {
    const path = `${lake.workDir}/look.parquet`
    await lake.store.download(`${lake.prefix}/${name}/_delta_log/${versionName(version)}.checkpoint.parquet`, path)
    return lake.duck.exclusive((db) =>
      db.rows(`SELECT count(add)::VARCHAR AS adds, count(remove)::VARCHAR AS removes FROM read_parquet('${path}')`)
    )
  }

  /** Fates of the puts of one commit, in order. */
  function onCommit(name: string, version: number, fates: ('lose-answer' | 'drop')[]): void {
    proxy.decide = ({ method, url }) => {
      const isIt = method === 'PUT' && url.includes(`/${name}/_delta_log/${versionName(version)}.json`)
      return (isIt ? fates.shift() : undefined) ?? 'pass'
    }
  }
})

function firstActions(): Action[] {
  return [
    { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
    {
      metaData: {
        id: randomUUID(),
        format: { provider: 'parquet', options: {} },
        schemaString: JSON.stringify(schema),
        partitionColumns: ['event_date'],
        configuration: {},
        createdTime: 0
      }
    }
  ]
}

function addFile(path: string, rows: number): Action {
  const stats = JSON.stringify({ numRecords: rows })
  return {
    add: { path, partitionValues: { event_date: '2013-01-01' }, size: 1, modificationTime: 0, dataChange: true, stats }
  }
}

function commit(table: DeltaTable, actions: readonly Action[], id: string = randomUUID()) {
  return table.commit({ id, operation: 'WRITE', plan: () => actions })
}

/** Takes `rows` more records of partition 0, as a loader would: null when another has. */
async function take(table: DeltaTable, from: bigint, rows: number) {
  return table.commit({
    id: randomUUID(),
    operation: 'WRITE',
    plan: (snapshot) => {
      if ((positionOf(snapshot, source)?.next ?? 0n) !== from) return null
      const next = from + BigInt(rows)
      return [...positionActions(source, { next, origin: next - 1n }, 0), addFile(randomUUID(), rows)]
    }
  })
}

function creation(id: string): Commit {
  return {
    id,
    operation: 'CREATE TABLE',
    plan: (snapshot) => (snapshot.version < 0 ? firstActions() : null)
  }
}
