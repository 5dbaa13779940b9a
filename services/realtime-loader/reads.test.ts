import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadContracts, recordKeyOf } from '@sluice/contracts'
import { checkReads } from '@sluice/contracts/testing'
import type { CloudEvent, KafkaRecord } from '@sluice/events'
import { loadViews } from '@sluice/store'
import { declareReads } from './reads.ts'
import { createProjectViews } from './src/project-views.ts'

const schemas = join(import.meta.dirname, '../../schemas')
const contracts = await loadContracts(schemas)
const project = createProjectViews(await loadViews(schemas, contracts))
const scored = { arrival_delay: { probability: 0.25, model: 'arrival-delay', version: '1' } }

describe('what the realtime loader reads of events', () => {
  it('is what realtime.yaml points to, and the key', async () => {
    const reads = await declareReads({ schemas })
    for (const contract of contracts.all) {
      const examples = (contract.schema as { examples: Record<string, unknown>[] }).examples
      const documents =
        contract.enrichment === null ? examples : examples.map((data) => ({ ...data, enrichment: scored }))
      const changesOf = (data: object) => {
        const event = { id: 'i', type: contract.type, time: '2013-09-01T20:00:00Z', data } as CloudEvent
        return [recordKeyOf(contract, event), project(event, { timestampMs: 0, partition: 0 } as KafkaRecord)]
      }
      assert.deepEqual(checkReads(reads, contract.type, documents, changesOf), [])
    }
  })
})
