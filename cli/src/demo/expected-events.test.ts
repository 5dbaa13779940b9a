import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { expectedEvents } from './expected-events.ts'
import { periodOf } from './period.ts'

const work = mkdtempSync(join(tmpdir(), 'sluice-expected-'))
after(() => rmSync(work, { recursive: true, force: true }))

function expected(from: string, days: number) {
  return expectedEvents(join(import.meta.dirname, '../../../data'), work, periodOf(from, days))
}

describe('the events that a period must have', () => {
  it('are those of the whole year, as its tables are known to have them', async () => {
    assert.deepEqual(await expected('2013-01-01', 366), {
      'flight.cancelled.v1': 8255,
      'flight.departed.v1': 328521,
      'flight.diverted.v1': 1175,
      'flight.landed.v1': 327346,
      'flight.scheduled.v1': 336776,
      'weather.observed.v1': 26115
    })
  })

  it('add up over the days', async () => {
    const [first, second, both] = [
      await expected('2013-09-01', 1),
      await expected('2013-09-02', 1),
      await expected('2013-09-01', 2)
    ]
    for (const [type, count] of Object.entries(both))
      assert.equal(count, (first[type] ?? 0) + (second[type] ?? 0), type)
  })
})

describe('a period', () => {
  it('ends before its last midnight', () => {
    assert.deepEqual(periodOf('2013-09-29', 3), { from: '2013-09-29', to: '2013-10-02', days: 3 })
  })

  it('is refused where it is none', () => {
    for (const from of ['2014-01-01', '2013-13-01', 'yesterday'])
      assert.throws(() => periodOf(from, 3), /expected a day/)
    for (const days of [0, 1.5, Number.NaN, 1000]) assert.throws(() => periodOf('2013-09-01', days), /from 1 to 366/)
  })
})
