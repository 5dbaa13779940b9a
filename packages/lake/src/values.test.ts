import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { loadContracts } from '@sluice/contracts'
import { arbitraryData } from '@sluice/contracts/testing'
import { readDelta } from '@sluice/testkit'
import fc from 'fast-check'
import { expectedRow } from '../testing/expected-row.ts'
import { openLakeUnderTest, type LakeUnderTest } from '../testing/lake-under-test.ts'
import { sentRow, spool, type SentEvent } from '../testing/spool.ts'
import { appendLines, createTable } from '../testing/write-table.ts'
import { deltaSchema } from './delta-schema.ts'
import { openDeltaTable, type DeltaTable } from './delta-table.ts'
import { openLakeReader } from './reader.ts'
import { deadLetters, deltaSchemaOf, eventTable } from './tables.ts'
import type { TableSpec } from './types.ts'

const contracts = await loadContracts(join(import.meta.dirname, '../testing/contracts'))
const contract = contracts.byType('every.kind.v1')!

/** Ends of every kind of value, and whatever chance brings. */
function events(): SentEvent[] {
  const data = [
    {
      name: 'é🛫 ﷽ \u{10ffff} "quoted" \\ \n\t\u0001',
      text: '',
      Camel_Case: 'ß',
      order: -2147483648,
      big: -9007199254740991,
      huge: '-9223372036854775808',
      ratio: 5e-324,
      is_true: false,
      moment: '2013-09-01T12:00:00.123456+05:30',
      day: '0001-01-01',
      tags: [null, '', '🛬'],
      huges: ['9223372036854775807', '9007199254740993'],
      moments: ['9999-12-31T23:59:59.999999Z', null],
      grid: [[], [0.1, -0.2]],
      place: { label: null, count: '9223372036854775807', inner: { at: '1969-12-31T23:59:59.999999Z', score: -1 } },
      points: [{ x: -10, note: null, marks: [true, false] }, null],
      enrichment: { arrival_delay: { probability: 0.1, model: 'arrival-delay', version: '3', sha256: 'ab' } }
    },
    {
      name: 'x'.repeat(60),
      text: null,
      order: 2147483647,
      big: 9007199254740991,
      huge: '9223372036854775807',
      ratio: 1.7976931348623157e308 / 2,
      is_true: true,
      moment: '0001-01-01T00:00:00Z',
      tags: [],
      place: { label: 'null inside', count: '0', inner: { at: null } },
      enrichment: null
    },
    { name: 'least', text: 'NULL', order: 0, big: 0, ratio: null, moment: '1970-01-01T00:00:00.000001Z', tags: [null] }
  ]
  const times = ['2013-09-01T00:00:00.000001Z', '2013-08-31T23:30:00-01:00', '1899-12-31T23:59:59.999999Z']
  const chance = fc.sample(arbitraryData(contract), { numRuns: 60, seed: 7 })
  return [...data, ...chance].map((value, i) => ({
    id: `é-${i}`,
    source: 'urn:test',
    type: 'every.kind.v1',
    time: times[i % times.length]!,
    receivedtime: '2026-11-24T06:00:00.123456Z',
    data: value
  }))
}

describe('what was sent', () => {
  let lake: LakeUnderTest
  before(async () => void (lake = await openLakeUnderTest()))
  after(() => lake[Symbol.asyncDispose]())

  const create = (spec: TableSpec) => createTable(lake, spec)
  const append = (spec: TableSpec, delta: DeltaTable, input: string) => appendLines(lake, spec, delta, input)

  it('is what delta-rs and DuckDB read, value by value', async () => {
    const spec = eventTable(contract)
    const sent = events()
    const input = join(lake.workDir, 'events.ndjson')
    await spool(input, sent)
    await append(spec, await create(spec), input)
    const expected = sent.map((event, i) => expectedRow(spec.columns, sentRow(event, i)))
    for (const engine of ['delta-rs', 'duckdb'] as const) {
      const { rows, schema } = await readDelta(engine, lake.connection, `${lake.prefix}/${spec.name}`)
      assert.deepEqual(byOffset(rows), expected, engine)
      assert.deepEqual(schema, deltaSchemaOf(contract))
    }
    await using reader = openLakeReader({ ...lake })
    assert.equal(await reader.countRows(spec.name), sent.length)
    const tables = [spec.name]
    const [counted] = await reader.queryTables(
      `SELECT count(*)::INTEGER AS n, count(DISTINCT event_date)::INTEGER AS days, max(huge) AS huge FROM ${spec.name}`,
      { tables }
    )
    assert.deepEqual(counted, { n: sent.length, days: 2, huge: '9223372036854775807' })
  })

  it('is skipped by its statistics only where it may be', async () => {
    const name = eventTable(contract).name
    const wanted = `name >= '${'x'.repeat(60)}' AND moment >= TIMESTAMPTZ '0001-01-01 00:00:00+00'`
    const where = { where: wanted }
    const { rows } = await readDelta('duckdb', lake.connection, `${lake.prefix}/${name}`, where)
    const all = await readDelta('delta-rs', lake.connection, `${lake.prefix}/${name}`)
    const least = Buffer.from('x'.repeat(60))
    const expected = all.rows.filter((row) => Buffer.compare(Buffer.from(row['name'] as string), least) >= 0)
    assert.ok(expected.length > 0)
    assert.deepEqual(byOffset(rows), byOffset(expected))
  })

  it('is what delta-rs and DuckDB read of dead letters, bytes and all', async () => {
    const everything = {
      dead_letter_id: 'events.dlq/0/9',
      reason: 'contract',
      pointer: '/data/é',
      message: 'wind: expected at most 250, found more',
      contract: 'weather.observed:1.0',
      identity: 'abc',
      service: 'enricher',
      service_version: '0.1.0',
      dead_letter_time: '2026-11-24T06:00:00.123456Z',
      origin_topic: 'events.raw',
      origin_partition: 0,
      origin_offset: '9007199254740993',
      first_partition: null,
      first_offset: null,
      key: Buffer.from([0, 255, 10]).toString('base64'),
      value: Buffer.from('{"broken": \u0000').toString('base64'),
      headers: JSON.stringify({ traceparent: 'x', bytes: { base64: '/w==' } }),
      kafka_timestamp: '2026-11-24T06:00:00.123Z',
      kafka_topic: 'events.dlq',
      kafka_partition: 0,
      kafka_offset: '9'
    }
    const repeat = {
      ...everything,
      kafka_offset: '10',
      reason: 'repeat',
      first_partition: 0,
      first_offset: '3',
      value: null,
      key: ''
    }
    const lines = [everything, repeat].map((row) => `${JSON.stringify(row)}\n`)
    const input = join(lake.workDir, 'letters.ndjson')
    await writeFile(input, lines.join(''))
    await append(deadLetters, await create(deadLetters), input)
    const expected = [everything, repeat].map((row) => ({
      ...expectedRow(deadLetters.columns, row),
      key: { base64: row.key },
      value: row.value === null ? null : { base64: row.value },
      event_date: '2026-11-24'
    }))
    for (const engine of ['delta-rs', 'duckdb'] as const) {
      const { rows } = await readDelta(engine, lake.connection, `${lake.prefix}/${deadLetters.name}`)
      assert.deepEqual(byOffset(rows), expected, engine)
    }
  })

  it('stays readable when the contract gets another field, and a rival another column', async () => {
    const old: TableSpec = { ...eventTable(contract), name: 'evolving' }
    const delta = await create(old)
    const input = join(lake.workDir, 'old.ndjson')
    const sent = events().slice(0, 3)
    await spool(input, sent)
    await append(old, delta, input)
    const newer: TableSpec = {
      ...old,
      columns: [...old.columns, { name: 'added', type: { kind: 'long' }, nullable: true }],
      expressions: { ...old.expressions, added: 'o * 2' }
    }
    const options = { name: newer.name, location: `${lake.prefix}/${newer.name}`, keepFiles: false }
    await append(newer, openDeltaTable(lake, options), input)
    // The loader that knows nothing of the new column goes on beside it.
    await append(old, delta, input)
    const expected = sent.map((event, i) => expectedRow(old.columns, sentRow(event, i)))
    for (const engine of ['delta-rs', 'duckdb'] as const) {
      const { rows, schema } = await readDelta(engine, lake.connection, `${lake.prefix}/evolving`)
      assert.deepEqual(schema, {
        ...deltaSchema(old.columns),
        fields: [...deltaSchema(old.columns).fields, { name: 'added', type: 'long', nullable: true, metadata: {} }]
      })
      const sorted = byOffset(rows)
      assert.equal(sorted.length, 9)
      for (const [i, row] of sorted.entries()) {
        const { added, ...others } = row
        const offset = Math.floor(i / 3)
        assert.deepEqual(others, expected[offset], engine)
        assert.ok(added === null || added === String(offset * 2))
      }
      assert.equal(sorted.filter((row) => row['added'] !== null).length, 3)
    }
    await using reader = openLakeReader({ ...lake })
    const rows = await reader.queryTables('SELECT added FROM evolving WHERE added IS NOT NULL', {
      tables: ['evolving']
    })
    assert.equal(rows.length, 3)
  })

  it('may be nothing at all', async () => {
    const spec: TableSpec = { ...eventTable(contract), name: 'empty' }
    await create(spec)
    for (const engine of ['delta-rs', 'duckdb'] as const) {
      assert.deepEqual((await readDelta(engine, lake.connection, `${lake.prefix}/empty`)).rows, [])
    }
    await using reader = openLakeReader({ ...lake })
    assert.deepEqual(await reader.queryTables('SELECT name, huge FROM empty', { tables: ['empty'] }), [])
    assert.equal(await reader.readSnapshot('none'), null)
    assert.equal(await reader.countRows('none'), 0)
    await assert.rejects(reader.queryTables('SELECT 1', { tables: ['none'] }), /there is no table none/)
  })
})

function byOffset(rows: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return rows.toSorted((a, b) => Number(a['kafka_offset']) - Number(b['kafka_offset']))
}
