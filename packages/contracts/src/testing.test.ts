import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseJsonStrict } from '@sluice/events'
import fc from 'fast-check'
import { loadContracts } from './load-contracts.ts'
import { contractFolder, orderPlaced, repositorySchemas } from './testdata/contract-folder.ts'
import { arbitraryData } from './testing.ts'

await using folder = await contractFolder({ 'order.placed.v1.json': orderPlaced() })
const contracts = [...(await loadContracts(repositorySchemas)).all, ...(await loadContracts(folder.dir)).all]

describe('arbitraryData', () => {
  for (const contract of contracts) {
    it(`makes documents that ${contract.type} accepts, also as bytes (property)`, () => {
      fc.assert(
        fc.property(arbitraryData(contract), (data) => {
          assert.deepEqual(contract.checkData(data), { ok: true, value: data })
          const parsed = parseJsonStrict(Buffer.from(JSON.stringify(data)))
          assert.ok(parsed.ok, JSON.stringify(parsed))
          assert.equal(contract.checkData(parsed.value).ok, true)
        }),
        { numRuns: 300 }
      )
    })
  }

  it('reaches the ends of what a contract allows', () => {
    const order = contracts.at(-1)!
    const samples = fc.sample(arbitraryData(order), 2000)
    const values = (name: string) => new Set(samples.map((data) => data[name]))
    assert.ok(values('total_cents').has('9223372036854775807') && values('total_cents').has('-9223372036854775808'))
    assert.ok(values('quantity').has(2147483647) && values('quantity').has(undefined))
    assert.ok(values('stock').has(null) && values('stock').has(9007199254740991))
    assert.ok(values('weight_kg').has(1e300) && !values('weight_kg').has(0))
    assert.ok(samples.some((data) => /\.\d{6}[+-]/.test(data['placed_at'] as string)))
    assert.ok(samples.some((data) => /[\u{10000}-\u{10ffff}]/u.test(data['order_id'] as string)))
  })
})
