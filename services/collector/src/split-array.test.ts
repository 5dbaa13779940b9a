import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { splitArray } from './split-array.ts'

describe('splitArray', () => {
  it('finds the elements of any array, however it is written', () => {
    const space = fc.stringMatching(/^[ \t\r\n]{0,2}$/)
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 8 }), space, (values, gap) => {
        const text = `${gap}[${gap}${values.map((value) => JSON.stringify(value, null, gap.length)).join(`${gap},${gap}`)}${gap}]${gap}`
        const items = splitArray(Buffer.from(text), 100)
        assert.deepEqual(
          items?.map((item) => JSON.parse(item.toString()) as unknown),
          JSON.parse(text)
        )
      })
    )
  })

  it('says when there is no array', () => {
    for (const text of ['{}', '1', '', '"[1]"']) assert.equal(splitArray(Buffer.from(text), 100), null, text)
  })

  it('looks behind a byte order mark and stops where there are too many', () => {
    assert.equal(splitArray(Buffer.from('\ufeff[1,2]'), 100)?.length, 2)
    assert.equal(splitArray(Buffer.from('[1,2,3,4,5]'), 2)?.length, 3)
  })
})
