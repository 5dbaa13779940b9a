import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readDelta } from '@sluice/testkit'
import type { Block } from './read-blocks.ts'
import type { Shared } from './run-client.ts'

/** With the block of the page, before a client has written. */
export function testViews(shared: () => Shared, block: Block | undefined): void {
  describe('redis-cli', () => {
    it('reads of a station what the lake has as its last observation', async () => {
      const { run, runner } = shared()
      assert.ok(block, 'the page has a block for redis-cli')
      const printed = (await runner.block(block)).trim().split('\n')
      const { s3 } = run.platform.credentials()
      const { rows } = await readDelta('delta-rs', s3, 'bronze/weather_observed_v1')
      // All of a station are in one partition, so the offset says which came last.
      const [last] = rows
        .filter(({ station }) => station === 'EWR')
        .toSorted((a, b) => Number(b['kafka_offset']) - Number(a['kafka_offset']))
      assert.ok(last)
      const { micros } = last['observed_hour'] as { micros: string }
      const observed = new Date(Number(micros) / 1000).toISOString().replace('.000Z', 'Z')
      assert.deepEqual(printed, [observed, String(last['wind_speed_mph'])])
    })
  })
}
