import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createMetrics } from './metrics.ts'
import { repositoryRoot } from './version.ts'

function create(isReady = true) {
  return createMetrics({ name: 'enricher', version: '1.2.3', isReady: () => isReady, now: () => 1_000 })
}

describe('metrics', () => {
  it('count, measure and print under their agreed names', async () => {
    const metrics = create()
    metrics.received({ input: 'events.raw', type: 'a.v1' }, 3)
    metrics.sent({ output: 'events.enriched', type: 'a.v1' })
    metrics.rejected({ reason: 'contract' })
    metrics.repeated(2)
    metrics.doubled({ topic: 'events.raw' })
    metrics.lag({ topic: 'events.raw', partition: 0 }, 7)
    metrics.lossAt({ topic: 'events.raw', partition: 0 }, 61_000)
    metrics.rows({ table: 't' }, 5)
    metrics.batch({ step: 'enrich' }, 0.2)
    metrics.latency({ step: 'enriched' }, 0.2)
    const text = await metrics.print()
    for (const line of [
      'sluice_received_total{input="events.raw",type="a.v1"} 3',
      'sluice_sent_total{output="events.enriched",type="a.v1"} 1',
      'sluice_rejected_total{reason="contract"} 1',
      'sluice_repeated_total 2',
      'sluice_doubled_total{topic="events.raw"} 1',
      'sluice_lag_records{topic="events.raw",partition="0"} 7',
      'sluice_seconds_to_loss{topic="events.raw",partition="0"} 60',
      'sluice_rows_total{table="t"} 5',
      'sluice_batch_seconds_bucket{le="0.25",step="enrich"} 1',
      'sluice_latency_seconds_count{step="enriched"} 1',
      'sluice_ready 1',
      `sluice_build_info{service="enricher",version="1.2.3",node="${process.versions.node}"} 1`
    ]) {
      assert.ok(text.split('\n').includes(line), `${line} in\n${text}`)
    }
    assert.match(metrics.contentType, /^text\/plain/)
  })

  it('say whether the service is ready at the moment of asking', async () => {
    assert.match(await create(false).print(), /^sluice_ready 0$/m)
  })

  it('drop the lag of a partition that belongs to another now', async () => {
    const metrics = create()
    metrics.lag({ topic: 't', partition: 1 }, 7)
    metrics.lag({ topic: 't', partition: 1 }, null)
    assert.doesNotMatch(await metrics.print(), /partition="1"/)
  })

  it('are each explained in docs/service.md, which explains no other', async () => {
    const printed = new Set([...(await create().print()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name))
    const doc = readFileSync(join(repositoryRoot, 'docs/service.md'), 'utf8')
    const explained = [...doc.matchAll(/^\| `(sluice_\w+)/gm)].map(([, name]) => name)
    assert.deepEqual(new Set(explained), printed)
    assert.equal(explained.length, printed.size)
  })
})
