import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Shared } from './run-client.ts'

interface Scraped {
  readonly contentType: string
  readonly families: Readonly<Record<string, string>>
  readonly undocumented: readonly string[]
  readonly doubled: number
  readonly ready: readonly number[]
}

export function testMetrics(shared: () => Shared): void {
  describe('Prometheus’ parser', () => {
    it('reads the metrics of every service that runs', async () => {
      const { platform } = shared().run
      const services = platform.processes
        .filter(({ planned }) => planned.kind === 'service')
        .map(({ planned }) => planned.service.name)
      const addresses = services.map((name) => `${name}=127.0.0.1:${platform.adminPort(name)}`)
      const scraped = await shared().runner.python<Record<string, Scraped>>('read_metrics.py', addresses)
      assert.deepEqual(Object.keys(scraped), services)
      for (const [service, { contentType, families, undocumented, doubled, ready }] of Object.entries(scraped)) {
        assert.match(contentType, /^text\/plain; *version=(0\.0\.4|1\.0\.0)/, service)
        assert.deepEqual([undocumented, doubled, ready], [[], 0, [1]], service)
        assert.equal(families['sluice_build_info'], 'gauge', service)
        assert.equal(families['sluice_batch_seconds'], 'histogram', service)
      }
      assert.equal(scraped['collector']?.families['sluice_received'], 'counter')
    })
  })
}
