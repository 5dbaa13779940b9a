import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SchemaNode } from '../schema-node.ts'
import { findDifference } from './find-difference.ts'
import { judgePairs } from './testdata/judge-pairs.ts'

function only(property: object, required = true): SchemaNode {
  return { type: 'object', properties: { x: property as SchemaNode }, required: required ? ['x'] : [] }
}

/** Writer, reader, the value of `x` that the reader refuses (null: there is none). */
const cases: readonly [string, object, object, { x?: unknown } | null][] = [
  ['a wider range', { type: 'integer', minimum: 0, maximum: 9 }, { type: 'integer', minimum: -1, maximum: 9 }, null],
  [
    'a smaller range',
    { type: 'integer', minimum: 0, maximum: 9 },
    { type: 'integer', minimum: 0, maximum: 8 },
    { x: 9 }
  ],
  [
    'an open end',
    { type: 'number', minimum: 0, maximum: 9 },
    { type: 'number', minimum: 0, exclusiveMaximum: 9 },
    { x: 9 }
  ],
  ['fractions', { type: 'number', minimum: 1, maximum: 2 }, { type: 'integer', minimum: 1, maximum: 2 }, { x: 1.5 }],
  ['whole numbers', { type: 'integer', minimum: 1, maximum: 2 }, { type: 'number', minimum: 1, maximum: 2 }, null],
  ['one number', { type: 'number', minimum: 5, maximum: 5 }, { type: 'integer', minimum: 0, maximum: 9 }, null],
  [
    'a list',
    { type: 'integer', minimum: 1, maximum: 3 },
    { type: 'integer', minimum: 0, maximum: 9, enum: [3, 2, 1] },
    null
  ],
  [
    'a list with a gap',
    { type: 'integer', minimum: 1, maximum: 3 },
    { type: 'integer', minimum: 0, maximum: 9, enum: [3, 1] },
    { x: 2 }
  ],
  ['null', { type: ['boolean', 'null'] }, { type: 'boolean' }, { x: null }],
  ['no null', { type: 'boolean' }, { type: ['boolean', 'null'] }, null],
  ['another type', { type: 'boolean' }, { type: 'string', maxLength: 5 }, { x: true }],
  [
    'a pattern that says less',
    { type: 'string', pattern: '^[A-Z]{3}$', maxLength: 3 },
    { type: 'string', pattern: '^[A-Z0-9]*$', maxLength: 5 },
    null
  ],
  [
    'a pattern that says more',
    { type: 'string', pattern: '^[A-Z]+$', maxLength: 9 },
    { type: 'string', pattern: '^[A-Z]{1,4}$', maxLength: 9 },
    { x: 'AAAAA' }
  ],
  [
    'the same said otherwise',
    { type: 'string', pattern: '^(?:ab)*$', maxLength: 5 },
    { type: 'string', pattern: '^(?:(?:ab){1,2})?$', maxLength: 4 },
    null
  ],
  [
    'a date',
    { type: 'string', format: 'date' },
    { type: 'string', pattern: '^[0-9]{4}-(?:0[1-9]|1[0-2])-[0-3][0-9]$', maxLength: 10 },
    null
  ],
  [
    'a day in February',
    { type: 'string', format: 'date', pattern: '^[0-9]{4}-02-[0-9]{2}$', maxLength: 10 },
    { type: 'string', pattern: '^[0-9]{4}-02-(?:[01][0-9]|2[0-8])$', maxLength: 10 },
    { x: '0004-02-29' }
  ],
  [
    '64 bits',
    { type: 'string', format: 'int64' },
    { type: 'string', pattern: '^-?[0-9]+$', maxLength: 19 },
    { x: '-1000000000000000000' }
  ],
  ['a pattern that cannot be', { type: 'string', pattern: '^[A-Z]{3}$', maxLength: 2 }, { type: 'boolean' }, null],
  [
    'longer lists',
    { type: 'array', items: { type: 'boolean' }, maxItems: 3 },
    { type: 'array', items: { type: 'boolean' }, maxItems: 2 },
    { x: [true, true, true] }
  ],
  [
    'lists of nothing',
    { type: 'array', items: { type: 'string', pattern: '^a$', maxLength: 0 }, maxItems: 3 },
    { type: 'array', items: { type: 'boolean' }, maxItems: 2 },
    null
  ]
]

describe('findDifference', () => {
  for (const [name, writer, reader, value] of cases) {
    it(`finds ${value === null ? 'none' : JSON.stringify(value)}: ${name}`, () => {
      assert.deepEqual(findDifference(only(writer), only(reader))?.value ?? null, value)
    })
  }

  it('finds a property that may be missing, one that is not known, and neither where they cannot be', () => {
    const flag = { type: 'boolean' } as const
    assert.deepEqual(findDifference(only(flag, false), only(flag)), { value: {}, pointer: '/x' })
    const two: SchemaNode = { type: 'object', properties: { x: flag, y: flag }, required: ['x'] }
    assert.deepEqual(findDifference(two, only(flag)), { value: { x: true, y: true }, pointer: '/y' })
    const never = { type: 'string', enum: ['ab'], maxLength: 1 } as const
    assert.equal(findDifference({ ...two, properties: { x: flag, y: never } }, only(flag)), null)
    assert.equal(findDifference({ ...two, properties: { x: never, y: flag } }, only(flag)), null)
  })

  it('changes an example only where it has to', () => {
    const count = (maximum: number) => ({ type: 'integer', minimum: 0, maximum }) as const
    const schema = (maximum: number): SchemaNode => ({
      type: 'object',
      properties: { name: { type: 'string', maxLength: 9 }, inner: only(count(maximum)) },
      required: ['name', 'inner']
    })
    const found = findDifference(schema(9), schema(8), { name: 'kept', inner: { x: 4 } })
    assert.deepEqual(found, { value: { name: 'kept', inner: { x: 9 } }, pointer: '/inner/x' })
  })

  it('is right about random pairs of schemas (P15)', () => judgePairs(150))
})
