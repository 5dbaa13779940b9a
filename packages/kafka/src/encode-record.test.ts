import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeRecord, type RecordInput } from './encode-record.ts'
import { originalEncodeRecord } from './kafkajs.ts'

describe('encoding a record', () => {
  it('gives the same bytes as kafkajs', () => {
    const big = Buffer.alloc(100_000, 'x')
    const records: RecordInput[] = [
      { value: null },
      { key: null, value: '' },
      { key: 'k', value: 'v', headers: {} },
      { key: 'ключ', value: Buffer.from('å\0'), headers: { 'content-type': 'x', é: Buffer.from([0, 255]), empty: '' } },
      {
        offsetDelta: 63,
        timestampDelta: 64,
        key: 'a',
        value: 'b',
        headers: { twice: ['1', Buffer.from('2')], once: '3' }
      },
      { offsetDelta: 499, timestampDelta: 1_700_000_000_000, key: big, value: big, headers: { big } },
      { offsetDelta: 8_192, timestampDelta: -1, key: 'a', value: 'b' }
    ]
    for (const record of records) {
      assert.ok(
        encodeRecord(record).buffer.equals(originalEncodeRecord(record).buffer),
        JSON.stringify(record).slice(0, 100)
      )
    }
  })

  it('is what kafkajs uses', async () => {
    const { createRequire } = await import('node:module')
    assert.equal(createRequire(import.meta.url)('kafkajs/src/protocol/recordBatch/record/v0'), encodeRecord)
  })

  it('refuses a header without a value', () => {
    assert.throws(() => encodeRecord({ value: 'v', headers: { h: null as never } }), TypeError)
  })
})
