import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { waitFor } from '@sluice/testkit'
import { counter, landed, replay } from './replay.ts'

// Where in the run each is killed, as a share of all events.
const kills = [
  { service: 'enricher', at: 0.2, moves: 'sluice_sent_total' },
  { service: 'batch-loader', at: 0.4, moves: 'sluice_rows_total' },
  { service: 'realtime-loader', at: 0.6, moves: 'sluice_received_total' }
]

describe('a platform under kills', () => {
  it('loses and doubles nothing when enricher and loaders are killed in the middle of a run', async () => {
    await using run = await replay({ from: '2013-09-01', to: '2013-09-13', speed: '36000' })
    const { platform } = run
    const total = Object.values(run.expected).reduce((sum, { events }) => sum + events, 0)
    for (const { service, at, moves } of kills) {
      const accepted = await waitFor(
        `${Math.round(at * 100)} % of the events are accepted and ${service} works`,
        async () => {
          const n = await counter(platform, 'collector', 'sluice_received_total')
          return n >= at * total && (await counter(platform, service, moves)) > 0 && n
        },
        { timeoutMs: 120_000 }
      )
      assert.ok(accepted < total * 0.95, `${service} was killed after the load, not in it: ${accepted} of ${total}`)
      const before = platform.process(service).pid
      await platform.process(service).kill('SIGKILL')
      await waitFor(
        `${service} is back`,
        () => platform.process(service).pid !== before && platform.process(service).state === 'ready',
        {
          timeoutMs: 60_000
        }
      )
    }
    const report = await landed(run, 180_000)

    assert.deepEqual(report.problems, [])
    for (const { service } of kills) assert.ok(platform.process(service).restarts > 0, `${service} was restarted`)
    for (const [type, { events, bad }] of Object.entries(run.expected)) {
      assert.equal(report.enriched[type] ?? 0, events - bad, `${type} in the enriched topic`)
      assert.equal(report.rows[type.replaceAll('.', '_')], events - bad, `${type} in the lake`)
    }
  })
})
