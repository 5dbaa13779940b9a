import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Shared } from './run-client.ts'

interface KcatRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly headers?: readonly string[]
  readonly payload: string | null
}

export function testTopics(shared: () => Shared): void {
  describe('kcat', () => {
    it('reads every record of the topics with its key and headers', async () => {
      const { report } = shared()
      const enriched = await readTopic('events.enriched')
      const count = Object.values(report.enriched).reduce((sum, n) => sum + n, 0)
      assert.equal(enriched.length, count)
      for (const record of enriched) {
        const headers = headersOf(record)
        const event = JSON.parse(record.payload ?? '') as { type: string; data: unknown }
        assert.equal(headers['content-type'], 'application/cloudevents+json')
        assert.equal(headers['event_type'], event.type)
        assert.ok(record.key !== null && record.key !== '')
      }
      const dead = await readTopic('events.dlq')
      const reasons = Object.groupBy(dead, (record) => String(headersOf(record)['dlq_reason']))
      const counts = Object.entries(reasons).map(([reason, records]) => [reason, records?.length])
      assert.deepEqual(Object.fromEntries(counts), report.dlq)
    })
  })

  async function readTopic(topic: string): Promise<KcatRecord[]> {
    const code = `kcat -b "$KAFKA" -C -t ${topic} -o beginning -e -q -J -X isolation.level=read_committed`
    const printed = await shared().runner.block({ language: 'sh', code })
    return printed
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as KcatRecord)
  }
}

/** kcat prints names and values in turn. */
function headersOf({ headers = [] }: KcatRecord): Record<string, string | undefined> {
  return Object.fromEntries(headers.flatMap((name, i) => (i % 2 === 0 ? [[name, headers[i + 1]]] : [])))
}
