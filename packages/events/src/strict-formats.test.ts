import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isInt64, isStrictDate, isStrictDateTime } from './strict-formats.ts'

describe('isStrictDateTime', () => {
  const good = [
    '2013-09-01T09:29:00Z',
    '2013-09-01T09:29:00.1Z',
    '2013-09-01T09:29:00.123456+05:30',
    '2013-09-01T09:29:00-00:00',
    '2012-02-29T23:59:59-23:59',
    '2000-02-29T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999999Z',
    '9999-12-31T00:00:00.000001-23:59'
  ]
  for (const text of good) it(`accepts ${text}`, () => assert.equal(isStrictDateTime(text), true))

  const bad = [
    '',
    '2013-09-01',
    '2013-09-01 09:29:00Z',
    '2013-09-01t09:29:00Z',
    '2013-09-01T09:29:00z',
    '2013-09-01T09:29:00',
    '2013-09-01T09:29Z',
    '2013-09-01T09:29:00.Z',
    '2013-09-01T09:29:00.1234567Z',
    '2013-09-01T09:29:00,1Z',
    '2013-09-01T24:00:00Z',
    '2013-09-01T09:60:00Z',
    '2016-12-31T23:59:60Z',
    '2013-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2013-13-01T00:00:00Z',
    '2013-00-01T00:00:00Z',
    '2013-01-00T00:00:00Z',
    '2013-04-31T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59.999999-00:01',
    '12013-01-01T00:00:00Z',
    '+2013-01-01T00:00:00Z',
    '2013-09-01T09:29:00+0530',
    '2013-09-01T09:29:00+05',
    '2013-09-01T09:29:00+24:00',
    '2013-09-01T09:29:00+05:60',
    '2013-09-01T09:29:00Z ',
    ' 2013-09-01T09:29:00Z',
    '2013-09-01T09:29:00Z\n',
    '2013-9-01T09:29:00Z',
    '2013-09-01T0x:29:00Z',
    '٢٠١٣-09-01T09:29:00Z'
  ]
  for (const text of bad) it(`refuses ${JSON.stringify(text)}`, () => assert.equal(isStrictDateTime(text), false))

  it('accepts every instant that a Date writes within the years of four digits (property)', () => {
    const instants = fc.date({
      min: new Date('0001-01-01'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true
    })
    fc.assert(fc.property(instants, (date) => isStrictDateTime(date.toISOString())))
  })

  it('accepts only days that a calendar has (property)', () => {
    const number = fc.integer({ min: 0, max: 40 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9999 }), number, number, (year, month, day) => {
        const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
        const ms = Date.parse(`${text}T00:00:00Z`)
        const exists = !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
        assert.equal(isStrictDate(text), exists)
        assert.equal(isStrictDateTime(`${text}T00:00:00Z`), exists)
      }),
      { numRuns: 2000 }
    )
  })
})

describe('isInt64', () => {
  for (const text of ['0', '7', '-7', '9223372036854775807', '-9223372036854775808', '999999999999999999']) {
    it(`accepts ${text}`, () => assert.equal(isInt64(text), true))
  }
  for (const text of [
    '',
    '-',
    '-0',
    '00',
    '01',
    '+1',
    '1.0',
    '1e3',
    ' 1',
    '1\n',
    '9223372036854775808',
    '-9223372036854775809',
    '10000000000000000000',
    '٣'
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(isInt64(text), false))
  }

  it('accepts exactly the canonical texts of 64-bit integers (property)', () => {
    const near = fc.oneof(
      fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
      fc.bigInt({ min: 2n ** 63n - 3n, max: 2n ** 63n + 3n })
    )
    fc.assert(fc.property(near, (n) => isInt64(String(n)) === (BigInt.asIntN(64, n) === n)))
  })
})
