import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeClock, encodeClock, simulatedAt, wallAt, type Clock } from './clock.ts'

const clock: Clock = {
  simEpochMs: Date.parse('2013-09-01T00:00:00Z'),
  wallEpochMs: Date.parse('2026-01-31T12:00:00Z'),
  speed: 600
}

describe('the simulated clock', () => {
  it('runs as fast as its speed says', () => {
    assert.equal(simulatedAt(clock, clock.wallEpochMs), clock.simEpochMs)
    assert.equal(simulatedAt(clock, clock.wallEpochMs + 1000), Date.parse('2013-09-01T00:10:00Z'))
  })

  it('knows when it will show a time, and when it never will', () => {
    assert.equal(wallAt(clock, Date.parse('2013-09-01T00:10:00Z')), clock.wallEpochMs + 1000)
    const still = { ...clock, speed: 0 }
    assert.equal(simulatedAt(still, clock.wallEpochMs + 1e9), clock.simEpochMs)
    assert.equal(wallAt(still, clock.simEpochMs), clock.wallEpochMs)
    assert.equal(wallAt(still, clock.simEpochMs + 1), Infinity)
  })

  it('survives the way through a record', () => {
    const record = '{"simEpoch":"2013-09-01T00:00:00.000Z","wallEpoch":"2026-01-31T12:00:00.000Z","speed":600}'
    assert.equal(encodeClock(clock), record)
    assert.deepEqual(decodeClock(Buffer.from(record)), clock)
    assert.deepEqual(decodeClock(record), clock)
  })

  it('is not read from anything else', () => {
    const records = ['', 'null', '[]', '{}', '{"simEpoch":1,"wallEpoch":2,"speed":3}']
    const damaged = [{ speed: -1 }, { speed: '600' }, { speed: null }, { simEpoch: 'soon' }, { wallEpoch: '' }]
    for (const change of damaged) records.push(JSON.stringify({ ...JSON.parse(encodeClock(clock)), ...change }))
    for (const record of records) assert.equal(decodeClock(record), null, record)
  })
})
