import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadContracts, partitionOf, recordKeyOf } from '@sluice/contracts'
import { checkReads } from '@sluice/contracts/testing'
import type { CloudEvent } from '@sluice/events'
import { declareReads } from './reads.ts'
import { createCheck } from './src/check-event.ts'

const contracts = await loadContracts(join(import.meta.dirname, '../../schemas'))
const check = createCheck({ contracts })

describe('what the enricher reads of events', () => {
  it('is all of it: whatever is missing changes its verdict, or what it sends on', () => {
    for (const contract of contracts.all) {
      const judge = (data: Record<string, unknown>) => {
        const event = { ...envelope, type: contract.type, data } as CloudEvent
        const key = recordKeyOf(contract, event)
        const partition = partitionOf(key, contracts.topics.raw.partitions)
        const record = {
          topic: 'events.raw',
          partition,
          offset: 0n,
          timestampMs: 0,
          headers: {},
          key: Buffer.from(key)
        }
        const { result } = check({ ...record, value: Buffer.from(JSON.stringify(event)) })
        return result.ok ? result.value.value : result.problem
      }
      const examples = (contract.schema as { examples: Record<string, unknown>[] }).examples
      assert.deepEqual(checkReads(declareReads(), contract.type, examples, judge), [])
    }
  })
})

const envelope = {
  specversion: '1.0',
  id: 'i',
  source: 'urn:s',
  time: '2013-09-01T12:00:00Z',
  sourceid: 'key',
  receivedtime: '2026-11-22T15:26:54.000Z'
}
