import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { printResult } from './print-result.ts'

const result = {
  columns: [
    { name: 'carrier', type: 'VARCHAR' },
    { name: 'n', type: 'BIGINT' },
    { name: 'n', type: 'STRUCT(a INTEGER)' }
  ],
  rows: [
    ['UA', '9223372036854775807', { a: 1 }],
    ['say "hi",\u001b[31m\u007f\n', '7', null],
    ['', null, { a: null }]
  ]
}

describe('a printed result', () => {
  it('is a table with numbers to the right, and nothing in it moves the cursor', () => {
    assert.equal(
      printResult(result, 'table'),
      [
        'carrier                                   n  n',
        '──────────────────────  ───────────────────  ──────────',
        'UA                      9223372036854775807  {"a":1}',
        'say "hi",\\u001b[31m\u{fffd}\\n                    7  null',
        '                                       null  {"a":null}',
        '(3 rows)\n'
      ].join('\n')
    )
  })

  it('cuts what is long in a table only', () => {
    const long = { columns: [{ name: 'x', type: 'VARCHAR' }], rows: [['x'.repeat(100)]] }
    assert.ok(printResult(long, 'table').includes(`\n${'x'.repeat(79)}…\n(1 row)`))
    assert.ok(printResult(long, 'csv').includes('x'.repeat(100)))
  })

  it('is JSON with each name once', () => {
    assert.deepEqual(JSON.parse(printResult(result, 'json'))[0], {
      carrier: 'UA',
      n: '9223372036854775807',
      n_1: { a: 1 }
    })
    assert.deepEqual(JSON.parse(printResult({ ...result, rows: [] }, 'json')), [])
  })

  it('is CSV that tells null from an empty text', () => {
    assert.equal(
      printResult(result, 'csv'),
      'carrier,n,n\r\n' +
        'UA,9223372036854775807,"{""a"":1}"\r\n' +
        '"say ""hi"",\u001b[31m\u007f\n",7,\r\n' +
        '"",,"{""a"":null}"\r\n'
    )
  })
})
