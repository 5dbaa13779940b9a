import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadContracts, recordKeyOf } from '@sluice/contracts'
import { checkReads } from '@sluice/contracts/testing'
import type { CloudEvent } from '@sluice/events'
import { declareReads } from './reads.ts'

const schemas = join(import.meta.dirname, '../../schemas')

describe('what the collector reads of events', () => {
  it('is the key, which says the partition', async () => {
    const reads = await declareReads({ schemas })
    for (const contract of (await loadContracts(schemas)).all) {
      const keyOf = (data: object) =>
        recordKeyOf(contract, { id: 'id of the event', type: contract.type, data } as CloudEvent)
      const examples = (contract.schema as { examples: Record<string, unknown>[] }).examples
      assert.deepEqual(checkReads(reads, contract.type, examples, keyOf), [])
    }
  })
})
