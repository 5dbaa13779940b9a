import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import { createMetrics } from './metrics.ts'
import { watchRetention } from './watch-retention.ts'

describe('the watch on retention', () => {
  it('counts down while nothing is reported, warns once at half, and says when it is over', async () => {
    mock.timers.enable({ apis: ['setInterval'] })
    let nowMs = 0
    const metrics = createMetrics({ name: 'a', version: '1', isReady: () => true, now: () => nowMs })
    const lines: string[] = []
    const note = (_fields: object, message: string) => void lines.push(message)
    const log = { debug: note, info: note, warn: note, error: note }
    using watch = watchRetention({ metrics, log, now: () => nowMs, everyMs: 1_000 })
    watch.report({ topic: 't', partition: 3 }, { lossAtMs: 60_000, halfAtMs: 30_000 })
    for (nowMs = 1_000; nowMs <= 40_000; nowMs += 1_000) mock.timers.tick(1_000)
    nowMs = 40_000
    assert.match(await metrics.print(), /^sluice_seconds_to_loss\{topic="t",partition="3"\} 20$/m)
    assert.deepEqual(lines, ['half of the retention of what is unread is used up'])
    watch.report({ topic: 't', partition: 3 }, { lossAtMs: 100_000, halfAtMs: 70_000 })
    mock.timers.tick(1_000)
    assert.deepEqual(lines.slice(1), ['retention is no danger any more'])
    watch.report({ topic: 't', partition: 3 }, null)
    assert.doesNotMatch(await metrics.print(), /partition="3"/)
    mock.timers.reset()
  })
})
