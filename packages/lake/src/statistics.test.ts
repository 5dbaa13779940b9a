import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { openDuck, type Duck } from './duck.ts'
import { cutUp, roundTime, statisticsByDate } from './statistics.ts'
import type { LakeColumn } from './types.ts'

describe('statistics of a file', () => {
  let dir: string
  let duck: Duck

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-statistics-'))
    duck = await openDuck({ tempDir: dir })
  })

  after(async () => {
    await duck.close()
    await rm(dir, { recursive: true, force: true })
  })

  async function statsOf(columns: readonly LakeColumn[], rows: string): Promise<unknown> {
    const all: LakeColumn[] = [...columns, { name: 'event_date', type: { kind: 'date' }, nullable: false }]
    return duck.exclusive(async (db) => {
      await db.run(`CREATE OR REPLACE TEMP TABLE t AS SELECT *, DATE '2013-01-01' AS event_date FROM (${rows})`)
      const [only] = await statisticsByDate(db, 't', all, 'event_date')
      return only?.stats
    })
  }

  it('are exact for 64-bit integers and nested for objects', async () => {
    const columns: LakeColumn[] = [
      { name: 'n', type: { kind: 'long' }, nullable: true },
      {
        name: 's',
        type: { kind: 'struct', fields: [{ name: 'x y"', type: { kind: 'integer' }, nullable: true }] },
        nullable: true
      }
    ]
    const rows = `SELECT 9223372036854775807::BIGINT AS n, {'x y"': 3} AS s
      UNION ALL SELECT -9223372036854775808, NULL UNION ALL SELECT NULL, {'x y"': NULL}`
    assert.equal(
      await statsOf(columns, rows),
      '{"numRecords":3,"minValues":{"n":-9223372036854775808,"s":{"x y\\"":3}},' +
        '"maxValues":{"n":9223372036854775807,"s":{"x y\\"":3}},"nullCount":{"n":1,"s":{"x y\\"":2}}}'
    )
  })

  it('leave out the bounds of a column with a NaN or an infinity', async () => {
    const columns: LakeColumn[] = ['a', 'b', 'c', 'd'].map((name) => ({
      name,
      type: { kind: 'double' },
      nullable: true
    }))
    const rows = `SELECT 'nan'::DOUBLE AS a, 'inf'::DOUBLE AS b, 1e300 AS c, NULL::DOUBLE AS d
      UNION ALL SELECT 1, 2, -1e-300, NULL`
    assert.equal(
      await statsOf(columns, rows),
      '{"numRecords":2,"minValues":{"c":-1e-300},"maxValues":{"c":1e+300},"nullCount":{"a":0,"b":0,"c":0,"d":2}}'
    )
  })

  it('cut long texts outward, in the order of UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 30, maxLength: 40 }), (text) => {
        const upper = cutUp(text)
        if (upper === null) return /^\u{10ffff}{32}/u.test(text)
        const cut = JSON.parse(upper) as string
        return Array.from(cut).length <= 32 && Buffer.compare(Buffer.from(cut), Buffer.from(text)) >= 0
      })
    )
    assert.equal(cutUp('x'.repeat(33)), `"${'x'.repeat(31)}y"`)
    assert.equal(cutUp(`${'x'.repeat(31)}\u{10ffff}a`), `"${'x'.repeat(30)}y"`)
    assert.equal(cutUp(`${'x'.repeat(31)}\ud7ffa`), `"${'x'.repeat(31)}\ue000"`)
    assert.equal(cutUp('\u{10ffff}'.repeat(33)), null)
  })

  it('round times outward to milliseconds, before 1970 too, and drop what leaves the year 9999', () => {
    assert.equal(roundTime(1_001n, 'low'), '"1970-01-01T00:00:00.001Z"')
    assert.equal(roundTime(1_001n, 'high'), '"1970-01-01T00:00:00.002Z"')
    assert.equal(roundTime(-1n, 'low'), '"1969-12-31T23:59:59.999Z"')
    assert.equal(roundTime(-1n, 'high'), '"1970-01-01T00:00:00.000Z"')
    assert.equal(roundTime(-1_000n, 'low'), '"1969-12-31T23:59:59.999Z"')
    assert.equal(roundTime(253_402_300_799_999_999n, 'high'), null)
  })
})
