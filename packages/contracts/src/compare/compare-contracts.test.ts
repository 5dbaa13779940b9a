import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadContracts } from '../load-contracts.ts'
import { contractFolder, orderPlaced } from '../testdata/contract-folder.ts'
import { compareContracts, type Comparison } from './compare-contracts.ts'

type Order = ReturnType<typeof orderPlaced>

async function load(change: (order: Order) => void) {
  const order = orderPlaced()
  change(order)
  order.$id = `urn:sluice:order.placed:${order['x-contract'].version}`
  await using folder = await contractFolder({ 'order.placed.v1.json': order })
  return (await loadContracts(folder.dir)).all[0]!
}

/** What becomes of the example contract, version 1.2, when it is changed. */
async function compare(change: (order: Order) => void, version = '1.2'): Promise<Comparison> {
  const now = await load((order) => {
    change(order)
    order['x-contract'].version = version
  })
  return compareContracts(await load(() => undefined), now)
}

describe('compareContracts', () => {
  it('has nothing to say of descriptions, owners, patterns and lists that mean the same', async () => {
    const same = await compare((order) => {
      order.title = 'Order'
      order.description = 'An order.'
      // The pattern lets no more than 11 characters pass.
      order.properties.sku.maxLength = 12
      order.properties.sku.pattern = '^[A-Z][A-Z]-[0-9][0-9]{0,7}$'
      order.properties.status.enum = ['paid', 'open']
      order['x-contract'].owner = 'warehouse'
      order['x-contract'].pii = { '/notes': 'contact' }
    })
    assert.deepEqual(same, { findings: [], needed: 'none', isStepMade: true })
    assert.equal((await compare(() => undefined, '1.1')).isStepMade, false)
    assert.equal((await compare(() => undefined, '1.3')).isStepMade, true)
  })

  it('asks for a minor version where an optional field is new, and shows it', async () => {
    const add = (order: Order) => (order.properties.coupon = { type: 'string', maxLength: 8, pattern: '^[A-Z]{4}$' })
    const { findings, needed, isStepMade } = await compare(add, '1.3')
    assert.equal(needed, 'minor')
    assert.equal(isStepMade, true)
    assert.deepEqual(findings, [
      {
        message: '/coupon: a new optional field; who knows only 1.2 refuses its version',
        pointer: '/coupon',
        needed: 'minor',
        counterExample: { validFor: 'new', data: { ...orderPlaced().examples[0], coupon: 'AAAA' } }
      }
    ])
    assert.equal((await compare(add)).isStepMade, false)
  })

  const majors: Record<string, [(order: Order) => void, message: RegExp, pointer: string]> = {
    'a field that is required now': [
      (order) => {
        order.required.push('sku')
        order.examples[0].sku = 'AB-1'
      },
      /^was valid and is refused now: \/data\/sku: expected a value, found none$/,
      '/sku'
    ],
    'a required field that is new': [
      (order) => {
        order.properties.shop = { type: 'boolean' }
        order.required.push('shop')
        order.examples[0].shop = true
      },
      /^was valid and is refused now: \/data\/shop: expected a value/,
      '/shop'
    ],
    'a field that is gone': [
      (order) => delete order.properties.notes,
      /is refused now: \/data\/notes: expected no such/,
      '/notes'
    ],
    'a bound that is closer': [
      (order) => (order.properties.lines.items.properties.prices.items.minimum = 9e15 + 2),
      /is refused now: \/data\/lines\/0\/prices\/0: expected a number >= 9000000000000002/,
      '/lines/0/prices/0'
    ],
    'a bound that is wider': [
      (order) => (order.properties.notes.maxItems = 6),
      /^is valid now, and refused .*: \/data\/notes: expected at most 5 items/,
      '/notes'
    ],
    'a list of values that is longer': [
      (order) => order.properties.status.enum.push('lost'),
      /^is valid now, and refused by who knows only the old version: \/data\/status: expected one of the values/,
      '/status'
    ],
    'a new field within a list': [
      (order) => (order.properties.lines.items.properties.gift = { type: 'boolean' }),
      /^is valid now, and refused .*: \/data\/lines\/0\/gift: expected no such property/,
      '/lines/0/gift'
    ],
    'null that is allowed now': [
      (order) => (order.properties.is_gift.type = ['boolean', 'null']),
      /^is valid now, and refused .*: \/data\/is_gift: expected boolean/,
      '/is_gift'
    ],
    'another key': [(order) => (order['x-contract'].key = '/id2'), /^the key was \/order_id and is \/id2/, '/id2'],
    'another table': [
      (order) => (order['x-contract'].table = 'orders'),
      /^the table was order_placed_v1 and is orders/,
      ''
    ],
    'a smaller window': [(order) => (order['x-contract'].window.past = 'P6D'), /^the time window became smaller/, ''],
    'an enrichment that is gone': [
      (order) => delete order['x-contract'].enrichment,
      /^events lose their enrichment/,
      ''
    ]
  }
  for (const [name, [change, message, pointer]] of Object.entries(majors)) {
    it(`asks for another contract: ${name}`, async () => {
      const { findings, needed, isStepMade } = await compare((order) => {
        if (name === 'another key') {
          order.properties.id2 = { type: 'string', minLength: 1, maxLength: 9 }
          order.required.push('id2')
          order.examples[0].id2 = 'x'
        }
        change(order)
      }, '1.3')
      assert.equal(needed, 'major')
      assert.equal(isStepMade, false)
      const found = findings.find((finding) => message.test(finding.message))
      assert.equal(found?.pointer, pointer, JSON.stringify(findings))
    })
  }

  it('asks for another contract where a column changes though no document does', async () => {
    const narrow = (order: Order) => (order.properties.quantity = { type: 'integer', minimum: 1, maximum: 1 })
    const wide = (order: Order) => (order.properties.quantity = { type: 'number', minimum: 1, maximum: 1 })
    const { findings } = compareContracts(await load(narrow), await load(wide))
    assert.deepEqual(
      findings.map(({ message, needed }) => [message, needed]),
      [['/quantity: the column was integer and is double', 'major']]
    )
  })

  it('asks for a minor version where more time, an enrichment or its absence is allowed', async () => {
    const [later, pass, first] = [
      await compare((order) => (order['x-contract'].window.future = 'PT6M'), '1.3'),
      compareContracts(
        await load((order) => (order['x-contract'].enrichment.onOutage = 'wait')),
        await load((order) => (order['x-contract'].version = '1.3'))
      ),
      compareContracts(await load((order) => delete order['x-contract'].enrichment), await load(() => undefined))
    ]
    for (const { needed } of [later, pass, first]) assert.equal(needed, 'minor')
    assert.deepEqual([later.isStepMade, pass.isStepMade, first.isStepMade], [true, true, false])
  })
})
