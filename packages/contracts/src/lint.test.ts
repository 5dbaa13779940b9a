import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RefusedError } from '@sluice/events'
import { loadContracts } from './load-contracts.ts'
import { contractFolder, orderPlaced } from './testdata/contract-folder.ts'

type Schema = ReturnType<typeof orderPlaced>

const file = 'order.placed.v1.json'

describe('a contract file', () => {
  it('is accepted as it is', async () => assert.deepEqual(await problemsOf(orderPlaced()), []))

  const bent: Record<string, [pointer: string, expected: string, bend: (schema: Schema) => void]> = {
    // What the file is.
    'for another draft': ['/$schema', '2020-12', (s) => (s.$schema = 'http://json-schema.org/draft-07/schema#')],
    'without $schema': ['/$schema', '2020-12', (s) => delete s.$schema],
    'without $id': ['/$id', 'urn:sluice:order.placed:1.2', (s) => delete s.$id],
    'with the $id of another': ['/$id', 'urn:sluice:order.placed:1.2', (s) => (s.$id = 'urn:sluice:order.paid:1.2')],
    'without a title': ['/title', 'a text', (s) => delete s.title],
    'without a description': ['/description', 'a text', (s) => (s.description = '')],
    'whose version is of another major': ['/x-contract/version', '"1.…"', (s) => (s['x-contract'].version = '2.0')],
    'with an example that breaks it': ['/examples/0', 'holds to the contract', (s) => (s.examples = [{}])],
    'whose root is no object': ['/type', '"object"', (s) => (s.type = 'array')],
    'whose root may be null': ['/type', 'one of', (s) => (s.type = ['object', 'null'])],

    // Keywords.
    'with an unknown keyword': ['/properties/sku/maxLenght', 'only type', (s) => (s.properties.sku.maxLenght = 5)],
    'with a keyword of another type': [
      '/properties/is_gift/minimum',
      'only type',
      (s) => (s.properties.is_gift.minimum = 0)
    ],
    'with a default': ['/properties/is_gift/default', 'only type', (s) => (s.properties.is_gift.default = true)],
    'with anyOf': ['/anyOf', 'only type', (s) => (s.anyOf = [])],
    'with multipleOf': ['/properties/quantity/multipleOf', 'only type', (s) => (s.properties.quantity.multipleOf = 2)],
    'with $defs': ['/$defs', 'only type', (s) => (s.$defs = {})],
    'with $data': [
      '/properties/quantity/maximum',
      'a integer',
      (s) => (s.properties.quantity.maximum = { $data: '/x' })
    ],
    'without a type': ['/properties/sku/type', 'one of string', (s) => delete s.properties.sku.type],
    'with two types': ['/properties/sku/type', 'one of string', (s) => (s.properties.sku.type = ['string', 'integer'])],
    'with a schema that is true': ['/properties/sku', 'a schema', (s) => (s.properties.sku = true)],
    'with an unknown format': [
      '/properties/placed_at/format',
      'date-time',
      (s) => (s.properties.placed_at.format = 'email')
    ],
    'with a number as description': [
      '/properties/sku/description',
      'a text',
      (s) => (s.properties.sku.description = 1)
    ],

    // References: nothing is ever fetched.
    'with a $ref to the web': [
      '/properties/sku/$ref',
      'written out',
      (s) => (s.properties.sku = { $ref: 'https://example.com/x.json' })
    ],
    'with a $ref to a file': [
      '/properties/sku/$ref',
      'written out',
      (s) => (s.properties.sku = { $ref: 'file:///etc/passwd' })
    ],
    'with a $ref out of the folder': [
      '/properties/sku/$ref',
      'written out',
      (s) => (s.properties.sku = { $ref: '../x.json' })
    ],
    'with a $ref to itself': ['/properties/sku/$ref', 'written out', (s) => (s.properties.sku = { $ref: '#' })],
    'with a $ref as its root': ['/$ref', 'written out', (s) => (s.$ref = '#/$defs/x')],
    'with a $dynamicRef': ['/properties/sku/$dynamicRef', 'only type', (s) => (s.properties.sku.$dynamicRef = '#x')],

    // Bounds.
    'with a text without maxLength': [
      '/properties/order_id',
      'maxLength',
      (s) => delete s.properties.order_id.maxLength
    ],
    'with a text of unlimited length': [
      '/properties/order_id/maxLength',
      '0 to 65536',
      (s) => (s.properties.order_id.maxLength = 1e6)
    ],
    'with a list without maxItems': [
      '/properties/notes/maxItems',
      '0 to 10000',
      (s) => delete s.properties.notes.maxItems
    ],
    'with a list of anything': ['/properties/notes/items', 'a schema', (s) => delete s.properties.notes.items],
    'with a number without minimum': [
      '/properties/quantity',
      'minimum or exclusiveMinimum',
      (s) => delete s.properties.quantity.minimum
    ],
    'with a number with two maxima': [
      '/properties/weight_kg',
      'maximum or exclusiveMaximum',
      (s) => (s.properties.weight_kg.exclusiveMaximum = 5)
    ],
    'with an integer of a fraction': [
      '/properties/quantity/maximum',
      'a integer',
      (s) => (s.properties.quantity.maximum = 1.5)
    ],
    'with an integer out of order': [
      '/properties/quantity',
      'at most the maximum',
      (s) => (s.properties.quantity.maximum = -2147483649)
    ],
    'with an open object': ['/additionalProperties', 'false', (s) => delete s.additionalProperties],
    'with an object open on purpose': [
      '/properties/lines/items/additionalProperties',
      'false',
      (s) => (s.properties.lines.items.additionalProperties = true)
    ],
    'with an object without properties': [
      '/properties/lines/items/properties',
      'at least one',
      (s) => (s.properties.lines.items.properties = {})
    ],
    'that requires what it does not have': [
      '/required/3',
      'the name of a property',
      (s) => s.required.push('toString')
    ],
    'that requires something twice': ['/required/3', 'the name of a property', (s) => s.required.push('order_id')],
    'with 1,001 enum values': [
      '/properties/status/enum',
      '1 to 1000',
      (s) => (s.properties.status.enum = Array.from({ length: 1001 }, (_, i) => `${i}`))
    ],
    'with enum values of another type': [
      '/properties/status/enum/1',
      'a string',
      (s) => (s.properties.status.enum[1] = null)
    ],
    'with a const of another type': ['/properties/status/const', 'a string', (s) => (s.properties.status.const = 1)],

    // Patterns.
    'with a pattern that explodes': [
      '/properties/sku/pattern',
      'linear time',
      (s) => (s.properties.sku.pattern = '^(a+)+$')
    ],
    'with a pattern of 5,000 characters': [
      '/properties/sku/pattern',
      'at most 500',
      (s) => (s.properties.sku.pattern = `^${'a'.repeat(5000)}$`)
    ],
    'with a pattern that is none': [
      '/properties/sku/pattern',
      'a regular expression',
      (s) => (s.properties.sku.pattern = '^($')
    ],
    'with a pattern and no maxLength': [
      '/properties/sku',
      'maxLength beside',
      (s) => delete s.properties.sku.maxLength
    ],

    // Names.
    'with a property of every object': [
      '/properties/toString',
      'JavaScript object',
      (s) => (s.properties.toString = { type: 'boolean' })
    ],
    'with a property that SQL cannot name': [
      '/properties/a-b',
      'letters, digits and _',
      (s) => (s.properties['a-b'] = { type: 'boolean' })
    ],
    'with a column of ours': [
      '/properties/Kafka_Offset',
      'no other column',
      (s) => (s.properties.Kafka_Offset = { type: 'boolean' })
    ],
    'with enrichment of its own': [
      '/properties/enrichment',
      'no other column',
      (s) => (s.properties.enrichment = { type: 'boolean' })
    ],
    'with two columns that differ in case': [
      '/properties/SKU',
      'no other column',
      (s) => (s.properties.SKU = { type: 'boolean' })
    ],
    'with two fields that differ in case': [
      '/properties/lines/items/properties/Sku',
      'no other column',
      (s) => (s.properties.lines.items.properties.Sku = { type: 'boolean' })
    ],

    // x-contract.
    'without x-contract': ['/x-contract', 'an object', (s) => delete s['x-contract']],
    'with an unknown setting': ['/x-contract/retention', 'only owner', (s) => (s['x-contract'].retention = 1)],
    'without an owner': ['/x-contract/owner', 'lower-case words', (s) => delete s['x-contract'].owner],
    'with one number as version': ['/x-contract/version', 'major.minor', (s) => (s['x-contract'].version = '1')],
    'with a table that is taken': [
      '/x-contract/table',
      'not dead_letters',
      (s) => (s['x-contract'].table = 'dead_letters')
    ],
    'with a table that SQL cannot name': [
      '/x-contract/table',
      'lower-case letters',
      (s) => (s['x-contract'].table = 'a.b')
    ],
    'with a key that is no pointer': ['/x-contract/key', 'a JSON pointer', (s) => (s['x-contract'].key = 'order_id')],
    'with a key that is nowhere': [
      '/x-contract/key',
      'a pointer to a property',
      (s) => (s['x-contract'].key = '/toString')
    ],
    'with a key that may be missing': [
      '/x-contract/key',
      'required and never null',
      (s) => (s['x-contract'].key = '/sku')
    ],
    'with a key that is no text': [
      '/x-contract/key',
      'type string',
      (s) => ((s['x-contract'].key = '/is_gift'), s.required.push('is_gift'))
    ],
    'with a key that may be empty': ['/x-contract/key', 'minLength 1', (s) => delete s.properties.order_id.minLength],
    'with a key that may be long': ['/x-contract/key', 'at most 256', (s) => (s.properties.order_id.maxLength = 257)],
    'without a window': ['/x-contract/window', '"from", "to"', (s) => delete s['x-contract'].window],
    'with a window that ends first': [
      '/x-contract/window',
      'in order',
      (s) => (s['x-contract'].window = { from: '2014-01-01T00:00:00Z', to: '2013-01-01T00:00:00Z' })
    ],
    'with a window of loose times': [
      '/x-contract/window',
      'RFC 3339',
      (s) => (s['x-contract'].window = { from: '2013-01-01', to: '2014-01-01' })
    ],
    'with a window of loose durations': [
      '/x-contract/window',
      'durations',
      (s) => (s['x-contract'].window = { past: '7d', future: 'P' })
    ],
    'with an enrichment without a model': [
      '/x-contract/enrichment/model',
      'lower-case words',
      (s) => delete s['x-contract'].enrichment.model
    ],
    'with an outage policy that is none': [
      '/x-contract/enrichment/onOutage',
      '"wait" or "pass"',
      (s) => (s['x-contract'].enrichment.onOutage = 'drop')
    ],

    // Personal data.
    'without a word on personal data': ['/x-contract/pii', 'an object', (s) => delete s['x-contract'].pii],
    'with an e-mail address that has no class': [
      '/x-contract/pii',
      'a class for /contactEmail',
      (s) => (s.properties.contactEmail = { type: 'string', maxLength: 9 })
    ],
    'with a name within a list that has no class': [
      '/x-contract/pii',
      'a class for /lines/first_name',
      (s) => (s.properties.lines.items.properties.first_name = { type: 'string', maxLength: 9 })
    ],
    'with a class that is none': [
      '/x-contract/pii/~1sku',
      'one of name',
      (s) => (s['x-contract'].pii = { '/sku': 'secret' })
    ],
    'with a class for nothing': [
      '/x-contract/pii/~1toString',
      'a pointer to a property',
      (s) => (s['x-contract'].pii = { '/toString': 'name' })
    ]
  }
  for (const [name, [pointer, expected, bend]] of Object.entries(bent)) {
    it(`is refused ${name}`, async () => {
      const schema = orderPlaced()
      bend(schema)
      const problems = await problemsOf(schema)
      const named = problems.filter((problem) => problem.startsWith(`${file}#${pointer}: expected `))
      assert.ok(
        named.some((problem) => problem.includes(expected)),
        `no such problem in\n${problems.join('\n')}`
      )
    })
  }

  it('is accepted with a class for each personal property', async () => {
    const schema = orderPlaced()
    schema.properties.email = { type: 'string', maxLength: 200 }
    schema['x-contract'].pii = { '/email': 'contact' }
    assert.deepEqual(await problemsOf(schema), [])
  })

  const texts: Record<string, [pointer: string, expected: string, text: string]> = {
    'that is not JSON': ['', 'invalid_json', '{"a":'],
    'that is no object': ['', 'a schema', '[]'],
    'with a key twice': ['#/properties/sku', 'duplicate_key', text().replace('"sku"', '"sku":{},"sku"')],
    'with a property named __proto__': [
      '#/properties/__proto__',
      'forbidden_key',
      text().replace('"sku"', '"__proto__"')
    ],
    'with a property named constructor': [
      '#/properties/constructor',
      'forbidden_key',
      text().replace('"sku"', '"constructor"')
    ],
    'with a bound that is rounded': [
      '#/properties/stock/maximum',
      'unsafe_integer',
      text().replace('9007199254740991', '9007199254740993')
    ],
    'of more than 256 KiB': ['', 'at most 262144 bytes', text() + ' '.repeat(300_000)]
  }
  for (const [name, [pointer, expected, content]] of Object.entries(texts)) {
    it(`is refused ${name}`, async () => {
      const [problem] = await problemsOf(content)
      assert.ok(problem?.startsWith(`${file}${pointer}: expected `) && problem.includes(expected), problem)
    })
  }

  it('is refused when it is 500 levels deep', async () => {
    const schema = orderPlaced()
    for (let level = 0; level < 500; level++) {
      schema.properties = { a: { type: 'object', additionalProperties: false, properties: schema.properties } }
    }
    assert.match((await problemsOf(schema))[0]!, /too_deep/)
  })

  it('is refused under a name that is no type', async () => {
    for (const name of ['order.json', 'Order.placed.v1.json', 'order.placed.v0.json', '.v1.json']) {
      await using folder = await contractFolder({ [name]: orderPlaced() })
      await assert.rejects(loadContracts(folder.dir), /expected a file name such as/)
    }
  })
})

function text(): string {
  return JSON.stringify(orderPlaced())
}

async function problemsOf(schema: unknown): Promise<readonly string[]> {
  await using folder = await contractFolder({ [file]: schema })
  return await loadContracts(folder.dir).then(
    () => [],
    (error: unknown) => {
      assert.ok(error instanceof RefusedError, String(error))
      return error.problems
    }
  )
}
