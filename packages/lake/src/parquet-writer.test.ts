import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { loadContracts } from '@sluice/contracts'
import { arbitraryData } from '@sluice/contracts/testing'
import fc from 'fast-check'
import { expectedRow, microsOf } from '../testing/expected-row.ts'
import { sentRow, spool, type SentEvent } from '../testing/spool.ts'
import { openDuck, UnloadableError, type Duck } from './duck.ts'
import { createParquetWriter, type ParquetWriter } from './parquet-writer.ts'
import { sqlText } from './sql-types.ts'
import { eventTable } from './tables.ts'
import type { DataFile, LakeColumn, LakeType } from './types.ts'

const contracts = await loadContracts(join(import.meta.dirname, '../testing/contracts'))
const contract = contracts.byType('every.kind.v1')!
const table = eventTable(contract)
const plainData = { name: 'n', text: null, order: 1, big: 2, moment: '2013-01-01T00:00:00Z', tags: [], ratio: 0.5 }

describe('the Parquet writer', () => {
  let dir: string
  let duck: Duck
  let writer: ParquetWriter
  let files = 0

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-writer-'))
    duck = await openDuck({ tempDir: join(dir, 'duck') })
    writer = createParquetWriter({ duck, newId: () => String(files++) })
  })

  after(async () => {
    await duck.close()
    await rm(dir, { recursive: true, force: true })
  })

  async function write(events: readonly (SentEvent | string)[]) {
    const input = join(dir, 'in.ndjson')
    await spool(input, events)
    return writer.write(table, [input], dir)
  }

  async function readBack(written: readonly DataFile[]): Promise<Record<string, unknown>[]> {
    const rows: Record<string, unknown>[] = []
    for (const { localPath, eventDate } of written) {
      const found = await duck.exclusive((db) => db.rows(`SELECT * FROM read_parquet(${sqlText(localPath)})`))
      rows.push(...found.map((row) => canonical(table.columns, { ...row, event_date: eventDate })))
    }
    return rows.toSorted((a, b) => Number(a['kafka_offset']) - Number(b['kafka_offset']))
  }

  it('leaves unchanged what a contract accepts', async () => {
    const moments = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
    const events = fc.record({
      id: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).map((id) => id.replaceAll('\0', ' ')),
      source: fc.constant('urn:x'),
      type: fc.constant('every.kind.v1'),
      // Few days, or there would be a file for each row.
      time: fc.constantFrom('2013-09-01T23:59:59.999999Z', '2013-09-02T00:30:00+01:00', '0001-01-01T00:00:00Z'),
      receivedtime: moments.map((date) => date.toISOString()),
      data: arbitraryData(contract)
    })
    await fc.assert(
      fc.asyncProperty(fc.array(events, { minLength: 1, maxLength: 40 }), async (sent) => {
        for (const { data } of sent) assert.equal(contract.checkData(data).ok, true)
        const { files: written, rejected } = await write(sent)
        assert.deepEqual(rejected, [])
        const rows = await readBack(written)
        assert.deepEqual(
          rows,
          sent.map((event, i) => expectedRow(table.columns, sentRow(event, i)))
        )
        for (const file of written) checkStats(file, rows)
      }),
      { numRuns: 25 }
    )
  })

  it('makes one file per event date, sorted, and counts its rows', async () => {
    const times = ['2013-01-02T05:00:00Z', '2013-01-01T07:00:00Z', '2013-01-02T01:00:00+02:00', '2013-01-01T06:00:00Z']
    const { files: written } = await write(times.map((time, i) => event({ id: `e${i}`, time })))
    assert.deepEqual(
      written.map(({ eventDate, rows }) => [eventDate, rows]),
      [
        ['2013-01-01', 3],
        ['2013-01-02', 1]
      ]
    )
    const first = sqlText(written[0]!.localPath)
    const rows = await duck.exclusive((db) => db.rows(`SELECT event_id FROM read_parquet(${first})`))
    assert.deepEqual(
      rows.map((row) => row['event_id']),
      ['e3', 'e1', 'e2']
    )
  })

  it('compresses with zstd and writes dictionaries', async () => {
    const { files: written } = await write(Array.from({ length: 2000 }, (_, i) => event({ id: `e${i}` })))
    const chunks = await duck.exclusive((db) =>
      db.rows(`SELECT path_in_schema, compression, dictionary_page_offset, encodings
        FROM parquet_metadata(${sqlText(written[0]!.localPath)})`)
    )
    assert.deepEqual(new Set(chunks.map((chunk) => chunk['compression'])), new Set(['ZSTD']))
    const source = chunks.find((chunk) => chunk['path_in_schema'] === 'event_source')
    assert.notEqual(source?.['dictionary_page_offset'], null)
  })

  it('names rows that DuckDB reads and nobody may load, and writes the others', async () => {
    const { files: written, rejected } = await write([
      event({ id: 'good' }),
      event({ type: 'another.kind.v1' }),
      event({ data: { ...plainData, order: null } }),
      '{}',
      JSON.stringify({ ...event({}), time: undefined })
    ])
    assert.deepEqual(
      rejected.map(({ offset }) => offset),
      [1n, 2n, 3n, 4n]
    )
    assert.deepEqual(
      (await readBack(written)).map((row) => row['event_id']),
      ['good']
    )
  })

  const unloadable = {
    'not JSON': 'nonsense',
    'cut off': '{"id":"a"',
    'two values': `${JSON.stringify(event({}))} {"id":"b"}`,
    'a text for a number': JSON.stringify(event({ data: { ...plainData, order: 'many' } })),
    'a number beyond its column': JSON.stringify(event({ data: { ...plainData, order: 2 ** 31 } })),
    'a time with a leap second': JSON.stringify(event({ time: '2016-12-31T23:59:60Z' })),
    'the same key twice': '{"id":"a","id":"b"}',
    'a lone surrogate': '{"id":"\\ud800"}'
  }
  for (const [what, line] of Object.entries(unloadable)) {
    it(`says that a line cannot be loaded: ${what}`, async () => {
      await assert.rejects(write([event({}), line]), UnloadableError)
      const input = join(dir, 'in.ndjson')
      assert.match((await writer.complaint(table, [input])) ?? '', /Error/)
      await spool(input, [event({})])
      assert.equal(await writer.complaint(table, [input]), null)
    })
  }

  it('tells a disk that cannot be written from bad data', async () => {
    const input = join(dir, 'in.ndjson')
    await spool(input, [event({})])
    await assert.rejects(writer.write(table, [input], join(dir, 'nowhere')), (error: Error) => {
      return !(error instanceof UnloadableError) && /nowhere/.test(error.message)
    })
  })

  it('stops when it is aborted, and works on', async () => {
    const input = join(dir, 'in.ndjson')
    await spool(
      input,
      Array.from({ length: 20_000 }, (_, i) => event({ id: `e${i}` }))
    )
    const controller = new AbortController()
    const writing = writer.write(table, [input], dir, controller.signal)
    setImmediate(() => controller.abort())
    await assert.rejects(writing, { name: 'AbortError' })
    assert.equal((await writer.write(table, [input], dir)).files[0]?.rows, 20_000)
  })
})

function event(change: Partial<SentEvent>): SentEvent {
  return {
    id: 'e',
    source: 'urn:x',
    type: 'every.kind.v1',
    time: '2013-01-01T00:00:00Z',
    receivedtime: '2026-01-01T00:00:00.123Z',
    data: plainData,
    ...change
  }
}

/** DuckDB's JSON of a row in the words of expectedRow. */
function canonical(columns: readonly LakeColumn[], row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(columns.map(({ name, type }) => [name, canonicalValue(type, row[name])]))
}

function canonicalValue(type: LakeType, value: unknown): unknown {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'integer':
    case 'long':
      return `${value as number | string}`
    case 'timestamp':
      return { micros: String(microsOf(`${(value as string).replace(' ', 'T').replace(/[+]00$/, '')}Z`)) }
    case 'list':
      return (value as unknown[]).map((item) => canonicalValue(type.element, item))
    case 'struct':
      return canonical(type.fields, value as Record<string, unknown>)
    case 'double':
      return Object.is(value, -0) ? 0 : value
    default:
      return value
  }
}

/** No row may be outside of the bounds of its file. */
function checkStats(file: DataFile, rows: readonly Record<string, unknown>[]): void {
  const stats = JSON.parse(file.stats) as Record<'minValues' | 'maxValues' | 'nullCount', Record<string, unknown>> & {
    numRecords: number
  }
  const own = rows.filter((row) => row['event_date'] === file.eventDate)
  assert.equal(stats.numRecords, own.length)
  for (const row of own) {
    const name = Buffer.from(row['name'] as string)
    assert.ok(Buffer.compare(Buffer.from(stats.minValues['name'] as string), name) <= 0)
    if (stats.maxValues['name'] !== undefined) {
      assert.ok(Buffer.compare(Buffer.from(stats.maxValues['name'] as string), name) >= 0)
    }
    const micros = BigInt((row['moment'] as { micros: string }).micros)
    assert.ok(microsOf(stats.minValues['moment'] as string) <= micros)
    const highest = stats.maxValues['moment'] as string | undefined
    if (highest !== undefined) assert.ok(microsOf(highest) >= micros)
  }
  assert.equal(stats.nullCount['text'], own.filter((row) => row['text'] === null).length)
}
