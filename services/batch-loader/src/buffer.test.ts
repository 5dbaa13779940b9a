import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { loadContracts, type Contracts } from '@sluice/contracts'
import { header } from '@sluice/events'
import { originOf, type SinkRecord } from '@sluice/kafka'
import type { DeltaTable, Position } from '@sluice/lake'
import { createBuffer, type RowBuffer } from './buffer.ts'
import { settle, sourcesOf, tableSources, type TableState } from './table-state.ts'

const start: Position = { next: 0n, origin: -1n }

describe('the buffer', () => {
  let dir: string
  let contracts: Contracts
  let nowMs = 0

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-buffer-'))
    contracts = await loadContracts(join(import.meta.dirname, 'testing/contracts'))
  })
  after(() => rm(dir, { recursive: true, force: true }))

  function open(limits: { rows?: number; behindRecords?: number } = {}): { buffer: RowBuffer; tables: TableState[] } {
    const incarnations = new Map([contracts.topics.enriched, contracts.topics.dlq].map(({ name }) => [name, 'one']))
    const tables = tableSources(contracts, sourcesOf(contracts, incarnations)).map(({ spec, sources }): TableState => ({
      spec,
      delta: {} as DeltaTable,
      cursors: new Map(
        sources.map((source) => [
          `${source.topic}/${source.partition}`,
          { source, base: start, next: start, aheadSinceMs: null }
        ])
      )
    }))
    const buffer = createBuffer({
      contracts,
      tables,
      spoolDir: join(dir, String(nowMs++)),
      limits: { rows: 10, bytes: 1e6, ms: 1000, behindMs: 600_000, behindRecords: 100, ...limits },
      service: { name: 'batch-loader', version: '1' },
      now: () => nowMs
    })
    return { buffer, tables }
  }

  function record(offset: number, type: string, value = '{}'): SinkRecord {
    const headers = {
      [header.eventType]: Buffer.from(type),
      [header.contractVersion]: Buffer.from('1.0'),
      [header.originOffset]: Buffer.from(String(offset + 100))
    }
    const { name: topic } = contracts.topics.enriched
    const written = {
      topic,
      partition: 0,
      offset: BigInt(offset),
      timestampMs: 0,
      key: null,
      value: Buffer.from(value),
      headers
    }
    return { ...written, origin: originOf(written, 'events.raw') }
  }

  function take(buffer: RowBuffer, from: number, types: readonly string[], reading = start) {
    const records = types.map((type, i) => record(from + i, type))
    const next = BigInt(from + types.length)
    const { name: topic } = contracts.topics.enriched
    return buffer.take({ topic, partition: 0, records, expected: reading, next, origin: next + 99n }, reading)
  }

  it('takes each record for the one table that lacks it', async () => {
    const { buffer, tables } = open()
    const readings = tables.find(({ spec }) => spec.name === 'reading_taken_v1')!
    const [cursor] = readings.cursors.values()
    settle(cursor!, { next: 2n, origin: 101n }, nowMs)
    take(buffer, 0, ['reading.taken.v1', 'door.opened.v1', 'reading.taken.v1'])
    const generation = buffer.freeze()!
    await generation.spool.drain({ all: true })
    const lines = await readFile(generation.spool.files('reading_taken_v1')[0]!, 'utf8')
    assert.equal(lines, '{"p":0,"o":2,"r":102,"e":{}}\n')
    assert.equal(generation.spool.rowsOf('door_opened_v1'), 1)
    const [move] = generation.moves.get('reading_taken_v1')!
    assert.deepEqual(
      [move?.from, move?.to],
      [
        { next: 2n, origin: 101n },
        { next: 3n, origin: 102n }
      ]
    )
    await generation.spool.remove()
  })

  it('is full by the rows of all tables together, and empty again once it is frozen', () => {
    const { buffer } = open({ rows: 4 })
    take(buffer, 0, ['reading.taken.v1', 'door.opened.v1', 'reading.taken.v1'])
    assert.equal(buffer.isFull(), false)
    take(buffer, 3, ['unheard.of.v1'], { next: 3n, origin: 102n })
    assert.equal(buffer.isFull(), true)
    assert.equal(buffer.freeze()?.spool.rows, 4)
    assert.equal(buffer.isFull(), false)
    assert.equal(buffer.freeze(), null)
  })

  it('is due when its oldest row has waited long enough', () => {
    const { buffer } = open()
    take(buffer, 0, ['reading.taken.v1'])
    nowMs += 999
    assert.equal(buffer.isDue(), false)
    nowMs += 1
    assert.equal(buffer.isDue(), true)
  })

  it('forgets a partition for every table, and takes it again from where the tables are', () => {
    const { buffer } = open()
    take(buffer, 0, ['reading.taken.v1', 'door.opened.v1'])
    buffer.forget({ topic: contracts.topics.enriched.name, partition: 0 })
    assert.equal(buffer.freeze(), null)
    take(buffer, 0, ['reading.taken.v1', 'door.opened.v1'])
    assert.equal(buffer.freeze()?.spool.rows, 2)
  })

  it('has a table that is far behind committed without rows, by records or by time', () => {
    const { buffer, tables } = open({ behindRecords: 3 })
    take(buffer, 0, ['reading.taken.v1', 'reading.taken.v1'])
    assert.deepEqual([...buffer.freeze()!.lagging], [])
    take(buffer, 2, ['reading.taken.v1'], { next: 2n, origin: 101n })
    assert.deepEqual([...buffer.freeze()!.lagging], ['door_opened_v1', 'reading_taken_v1', 'dead_letters'])
    for (const { cursors } of tables) for (const cursor of cursors.values()) settle(cursor, cursor.next, nowMs)
    take(buffer, 3, ['reading.taken.v1'], { next: 3n, origin: 102n })
    buffer.freeze()
    nowMs += 600_000
    assert.equal(buffer.isDue(), true)
    const generation = buffer.freeze()!
    assert.deepEqual([generation.spool.rows, generation.lagging.has('door_opened_v1')], [0, true])
    assert.deepEqual(generation.moves.get('door_opened_v1')?.[0]?.to, { next: 4n, origin: 103n })
  })
})
