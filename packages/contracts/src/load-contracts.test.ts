import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { RefusedError } from '@sluice/events'
import { loadContracts } from './load-contracts.ts'
import { contractFolder, orderPlaced, repositorySchemas } from './testdata/contract-folder.ts'
import type { Contract } from './types.ts'

const repository = await loadContracts(repositorySchemas)

describe('the contracts of the repository', () => {
  for (const contract of repository.all) {
    describe(contract.type, async () => {
      const dir = join(repositorySchemas, 'examples', contract.type)
      const files = (await readdir(dir)).toSorted()

      it('has valid and invalid examples', () => {
        assert.ok(files.some((file) => file.startsWith('valid-')) && files.some((file) => file.startsWith('invalid-')))
      })
      for (const file of files) {
        it(`holds ${file} to it`, async () =>
          checkExample(contract, file, JSON.parse(await readFile(join(dir, file), 'utf8'))))
      }
    })
  }
})

function checkExample(contract: Contract, file: string, example: unknown): void {
  if (file.startsWith('valid-')) {
    for (const data of [example].flat()) assert.deepEqual(contract.checkData(data), { ok: true, value: data })
    return
  }
  const { data, pointer, reason } = example as { data: unknown; pointer: string; reason: string }
  const checked = contract.checkData(data)
  assert.ok(!checked.ok, 'expected to be refused')
  assert.deepEqual([checked.problem.reason, checked.problem.pointer], [reason, pointer])
}

describe('loadContracts', () => {
  it('knows everything of a type from its one file', async () => {
    const contract = await loadOrder()
    const { schema: _schema, checkData: _checkData, keyOf: _keyOf, columns: _columns, ...rest } = contract
    assert.deepEqual(rest, {
      type: 'order.placed.v1',
      name: 'order.placed',
      major: 1,
      minor: 2,
      version: '1.2',
      dataschema: 'urn:sluice:order.placed:1.2',
      enrichedDataschema: 'urn:sluice:order.placed.enriched:1.2',
      title: 'Order placed',
      description: 'Somebody ordered something.',
      owner: 'shop',
      table: 'order_placed_v1',
      keyPointer: '/order_id',
      window: { kind: 'relative', pastMs: 604_800_000, futureMs: 300_000 },
      enrichment: { model: 'fraud-risk', property: 'fraud_risk', onOutage: 'pass' }
    })
  })

  it('derives the columns of the lake from the schema, enrichment last', async () => {
    const contract = await loadOrder()
    assert.deepEqual(
      contract.columns.map(({ name, type, nullable }) => `${name} ${show(type)}${nullable ? '' : ' not null'}`),
      [
        'order_id string not null',
        'total_cents long not null',
        'quantity integer',
        'stock long',
        'weight_kg double',
        'is_gift boolean',
        'placed_at timestamp not null',
        'deliver_on date',
        'status string',
        'sku string',
        'notes list<string>',
        'lines list<struct<sku string, prices list<double>>>',
        'enrichment struct<fraud_risk struct<probability double, model string, version string, sha256 string>>'
      ]
    )
  })

  it('chooses the column by the bounds, and lets it be null where the field may be', async () => {
    const contract = await loadOrder((schema) => {
      schema.properties.quantity.maximum = 2147483648
      schema.properties.stock = { type: ['integer', 'null'], minimum: -2147483648, maximum: 2147483647 }
      schema.required.push('quantity', 'stock')
      delete schema.examples
    })
    const column = (name: string) => contract.columns.find((column) => column.name === name)
    assert.deepEqual(column('quantity'), { name: 'quantity', type: { kind: 'long' }, nullable: false })
    assert.deepEqual(column('stock'), { name: 'stock', type: { kind: 'integer' }, nullable: true })
  })

  it('has no enrichment column without a policy', async () => {
    const contract = await loadOrder((schema) => delete schema['x-contract'].enrichment)
    assert.equal(contract.enrichment, null)
    assert.equal(contract.columns.at(-1)?.name, 'lines')
  })

  it('finds a key of 1 to 256 bytes, and no other', async () => {
    const { keyOf } = await loadOrder()
    assert.equal(keyOf({ order_id: 'é'.repeat(128) }), 'é'.repeat(128))
    for (const data of [{ order_id: '' }, { order_id: `${'é'.repeat(128)}x` }, { order_id: 7 }, {}, null, 'x', []]) {
      assert.equal(keyOf(data), null)
    }
  })

  it('accepts the example of the README', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    const example = /```json\n([^]*?)```/.exec(readme)![1]
    await using folder = await contractFolder({ 'order.placed.v1.json': example })
    const contract = (await loadContracts(folder.dir)).byType('order.placed.v1')!
    assert.equal(contract.keyOf({ order_id: 'A-1' }), 'A-1')
  })

  it('reports every problem of every file at once', async () => {
    const broken = orderPlaced()
    broken.properties.order_id.maxLength = 0
    broken['x-contract'].owner = 7
    await using folder = await contractFolder({
      'order.placed.v1.json': broken,
      'other.v1.json': '{',
      'topics.yaml': 'raw: 1'
    })
    const problems = await problemsOf(folder.dir)
    for (const file of [
      'order.placed.v1.json#/properties/order_id/minLength',
      'order.placed.v1.json#/x-contract/owner',
      'other.v1.json',
      'topics.yaml#/raw'
    ]) {
      assert.ok(
        problems.some((problem) => problem.startsWith(`${file}: expected `)),
        `${file} in\n${problems.join('\n')}`
      )
    }
  })

  it('refuses a folder that is missing or empty', async () => {
    await using folder = await contractFolder({})
    assert.match((await problemsOf(folder.dir))[0]!, /expected at least one contract, found none/)
    assert.match((await problemsOf(join(folder.dir, 'none')))[0]!, /expected a folder of contracts/)
  })

  it('refuses two contracts with one table, and two with one $id', async () => {
    const copy = orderPlaced()
    await using folder = await contractFolder({ 'order.placed.v1.json': orderPlaced(), 'order.paid.v1.json': copy })
    assert.match(
      (await problemsOf(folder.dir)).join('\n'),
      /order\.paid\.v1\.json#\/\$id: expected "urn:sluice:order\.paid:1\.2"/
    )
    copy.$id = 'urn:sluice:order.paid:1.2'
    await using renamed = await contractFolder({ 'order.placed.v1.json': orderPlaced(), 'order.paid.v1.json': copy })
    assert.match(
      (await problemsOf(renamed.dir)).join('\n'),
      /table: expected a table of its own, found "order_placed_v1" of order\.paid\.v1/
    )
  })
})

async function loadOrder(bend: (schema: ReturnType<typeof orderPlaced>) => void = () => {}): Promise<Contract> {
  const schema = orderPlaced()
  bend(schema)
  await using folder = await contractFolder({ 'order.placed.v1.json': schema })
  return (await loadContracts(folder.dir)).byType('order.placed.v1')!
}

async function problemsOf(dir: string): Promise<readonly string[]> {
  const error = await loadContracts(dir).then(
    () => assert.fail('expected to be refused'),
    (error: unknown) => error
  )
  assert.ok(error instanceof RefusedError)
  return error.problems
}

function show(type: Contract['columns'][number]['type']): string {
  if (type.kind === 'list') return `list<${show(type.element)}>`
  if (type.kind === 'struct')
    return `struct<${type.fields.map((field) => `${field.name} ${show(field.type)}`).join(', ')}>`
  return type.kind
}
