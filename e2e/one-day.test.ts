import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { landed, replay } from './replay.ts'

describe('one day of 2013', () => {
  it('lands event by event where it belongs, with its values, its dead letters and its views', async () => {
    // The day whose weather has a wind of 1,048 mph.
    await using run = await replay({ from: '2013-02-12', to: '2013-02-13', speed: 'max' })
    const report = await landed(run, 120_000)

    assert.deepEqual(report.problems, [])
    for (const [type, { events, bad }] of Object.entries(run.expected)) {
      assert.equal(report.enriched[type] ?? 0, events - bad, `${type} in the enriched topic`)
      assert.equal(report.rows[type.replaceAll('.', '_')], events - bad, `${type} in the lake`)
    }
    assert.equal(run.expected['weather.observed.v1']?.bad, 1)
    assert.equal(report.dlq['contract'], sum(run.expected, 'bad'), 'dead letters')
    assert.equal(
      report.raw - (report.dlq['repeat'] ?? 0),
      sum(run.expected, 'events'),
      'events in the raw topic, repeats apart'
    )
    assert.equal(
      report.rows['dead_letters'],
      Object.values(report.dlq).reduce((a, b) => a + b, 0)
    )
    assert.deepEqual(
      Object.keys(report.dlq).filter((reason) => reason !== 'contract' && reason !== 'repeat'),
      []
    )
  })
})

function sum(counts: Readonly<Record<string, { events: number; bad: number }>>, what: 'events' | 'bad'): number {
  return Object.values(counts).reduce((total, count) => total + count[what], 0)
}
