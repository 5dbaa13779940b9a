import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { asSent } from './as-sent.ts'

describe('a dead letter as it was sent', () => {
  it('lacks what the collector added, and every other byte is the same', () => {
    const before = '{"id":"é\\u0000","big":9007199254740993123,'
    const added = '"receivedtime":"2026-11-24T08:04:25.315000Z","sourceid":"flight-producer",'
    const data = '"data":{"receivedtime":"x","sourceid":"y","data":1.0}}'
    assert.equal(asSent(Buffer.from(before + added + data)).toString(), before + data)
  })

  it('is what it is where nothing was added, or it is no text', () => {
    for (const value of [Buffer.from('{"data":{}}'), Buffer.from([0xff, 0x22]), Buffer.alloc(0)])
      assert.deepEqual(asSent(value), value)
  })
})
