import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openAdminServer } from './admin-server.ts'
import { createHealth } from './health.ts'
import { createMetrics } from './metrics.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }

describe('the admin server', () => {
  it('is not alive once it has not ticked for too long, and alive again with the next tick', async () => {
    let nowMs = 0
    const health = createHealth({ log, elapsedMs: () => nowMs })
    const metrics = createMetrics({ name: 'a', version: '1', isReady: () => true, now: Date.now })
    const where = { host: '127.0.0.1', port: 0, name: 'a', version: '1' }
    await using server = await openAdminServer({ ...where, health, metrics, maxTickAgeMs: 60_000 })
    const healthz = () => fetch(`http://127.0.0.1:${server.port}/healthz`)
    assert.equal((await healthz()).status, 200)
    nowMs = 60_001
    const silent = await healthz()
    assert.deepEqual(
      [silent.status, await silent.json()],
      [503, { alive: false, service: 'a', version: '1', msSinceTick: 60_001 }]
    )
    health.tick()
    assert.equal((await healthz()).status, 200)
  })
})
