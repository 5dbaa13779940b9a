import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { evaluateFeatures } from './evaluate-features.ts'
import type { Feature } from './model-info.ts'

const number: Feature = { name: 'seats', pointer: '/data/seats', transform: 'number' }
const code: Feature = { name: 'kind', pointer: '/data/kind', transform: 'code', vocabulary: ['a', 'b'] }

function one(feature: Feature, data: unknown): number | undefined {
  return evaluateFeatures([feature], [{ data }])[0]
}

describe('evaluateFeatures', () => {
  it('writes one row per event and one column per feature', () => {
    const rows = evaluateFeatures([number, code], [{ data: { seats: 7, kind: 'b' } }, { data: { kind: 'a' } }])
    assert.deepEqual([...rows], [7, 1, NaN, 0])
  })

  it('makes NaN of a number that is missing, null or no number', () => {
    for (const data of [{}, { seats: null }, { seats: '7' }, null, 7, []]) assert.equal(one(number, data), NaN)
  })

  it('codes what is not in the vocabulary as -1', () => {
    for (const data of [{}, { kind: null }, { kind: 'c' }, { kind: 0 }]) assert.equal(one(code, data), -1)
  })

  it('rounds to float32', () => {
    assert.equal(one(number, { seats: 0.1 }), Math.fround(0.1))
  })

  it('follows JSON pointers into nested values, with escapes', () => {
    const data = { 'a/b': [{ '~': 3 }], list: [1] }
    assert.equal(one({ ...number, pointer: '/data/a~1b/0/~0' }, data), 3)
    assert.equal(one({ ...number, pointer: '/data/a/b' }, data), NaN)
  })

  it('writes into the array it is given, and refuses one that is too small', () => {
    const out = new Float32Array(3).fill(9)
    assert.equal(evaluateFeatures([number], [{ data: { seats: 1 } }], out), out)
    assert.deepEqual([...out], [1, 9, 9])
    assert.throws(() => evaluateFeatures([number, code], [{}, {}], out), /do not fit into 3/)
  })

  it('knows local minutes and weekdays through the changes of daylight saving time', () => {
    const timeZone = 'America/New_York'
    const features: Feature[] = [
      { name: 'weekday', pointer: '/t', transform: 'weekday', timeZone },
      { name: 'minute', pointer: '/t', transform: 'minute_of_day', timeZone }
    ]
    const at = (t: string) => [...evaluateFeatures(features, [{ t }])]
    assert.deepEqual(at('2013-03-10T06:59:59.999Z'), [6, 119], 'Sunday 01:59 EST')
    assert.deepEqual(at('2013-03-10T07:00:00Z'), [6, 180], 'Sunday 03:00 EDT, one second later')
    assert.deepEqual(at('2013-11-03T05:59:00Z'), [6, 119], 'Sunday 01:59 EDT')
    assert.deepEqual(at('2013-11-03T06:00:00Z'), [6, 60], 'Sunday 01:00 EST, a minute later')
    assert.deepEqual(at('2013-07-01T03:59:00Z'), [6, 1439], 'still Sunday there')
    assert.deepEqual(at('2013-07-01T04:00:00Z'), [0, 0], 'Monday midnight')
    assert.deepEqual(at('2013-07-01T00:00:00-04:00'), [0, 0], 'the offset of the text does not matter')
    assert.deepEqual(at('yesterday'), [NaN, NaN])
  })

  it('knows that an offset may change in the middle of an hour', () => {
    const clock: Feature = { name: 'm', pointer: '/t', transform: 'minute_of_day', timeZone: 'Australia/Lord_Howe' }
    const rows = evaluateFeatures([clock], [{ t: '2013-10-05T15:29:00Z' }, { t: '2013-10-05T15:30:00Z' }])
    assert.deepEqual([...rows], [119, 150], '01:59, then 02:30')
  })

  it('agrees with Intl at any instant since 1972 in zones of every kind', () => {
    const zones = [
      'America/New_York',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'Africa/Monrovia',
      'UTC'
    ]
    const from = Date.UTC(1972, 1, 1)
    const to = Date.UTC(2100, 0, 1)
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: from, max: to }), (timeZone, instant) => {
        const features: Feature[] = [
          { name: 'weekday', pointer: '/t', transform: 'weekday', timeZone },
          { name: 'minute', pointer: '/t', transform: 'minute_of_day', timeZone }
        ]
        const rows = evaluateFeatures(features, [{ t: new Date(instant).toISOString() }])
        assert.deepEqual([...rows], byIntl(timeZone, instant))
      }),
      { numRuns: 2_000 }
    )
  })
})

function byIntl(timeZone: string, instant: number): [number, number] {
  const text = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-GB', { timeZone, ...options }).format(instant)
  const [hour, minute] = text({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).split(':')
  const day = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(text({ weekday: 'short' }))
  return [day, Number(hour) * 60 + Number(minute)]
}
