import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadContracts } from '@sluice/contracts'
import { checkReads } from '@sluice/contracts/testing'
import { eventTable } from '@sluice/lake'
import { declareReads } from './reads.ts'

const contracts = await loadContracts(join(import.meta.dirname, '../../schemas'))

describe('what the batch loader reads of events', () => {
  it('is all of it: every field has a column, those within it included', () => {
    for (const contract of contracts.all) {
      const { columns } = eventTable(contract)
      const examples = (contract.schema as { examples: Record<string, unknown>[] }).examples
      const rowOf = (data: Record<string, unknown>) => columns.map(({ name }) => data[name])
      assert.deepEqual(checkReads(declareReads(), contract.type, examples, rowOf), [])
    }
  })
})
