import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RefusedError } from '@sluice/events'
import { deltaSchema, mergeSchema, sqlTypeOfDelta, type DeltaSchema } from './delta-schema.ts'
import type { LakeColumn } from './types.ts'

const long: LakeColumn = { name: 'n', type: { kind: 'long' }, nullable: false }
const text: LakeColumn = { name: 't', type: { kind: 'string' }, nullable: true }

function merge(found: DeltaSchema, ...wanted: LakeColumn[]): DeltaSchema {
  return mergeSchema('x', found, deltaSchema(wanted))
}

function struct(...fields: LakeColumn[]): LakeColumn {
  return { name: 's', type: { kind: 'struct', fields: fields as never }, nullable: true }
}

describe('the merge of two schemas', () => {
  it('is the found one itself where nothing is missing', () => {
    const found = deltaSchema([long, text, struct(text)])
    assert.equal(merge(found, long, struct(text)), found)
  })

  it('adds columns at the end, also inside of objects, as ones that may be null', () => {
    const merged = merge(deltaSchema([text, struct(text)]), long, struct(long, text))
    assert.deepEqual(merged, deltaSchema([text, struct(text, long), { ...long, nullable: true }]))
  })

  const refused: Record<string, [DeltaSchema, LakeColumn[], RegExp]> = {
    'a column of another type': [
      deltaSchema([text]),
      [{ ...long, name: 't' }],
      /x: column t: expected t "long", found t "string"/
    ],
    'a column in another case': [
      deltaSchema([text]),
      [{ ...text, name: 'T' }],
      /expected T "string", found t "string"/
    ],
    'a column of a rival that may not be null': [deltaSchema([text, long]), [text], /column n may not be null/],
    'a column of ours that may be null and theirs may not': [
      deltaSchema([long]),
      [{ ...long, nullable: true }],
      /may be null/
    ],
    'another type inside of a list': [
      deltaSchema([{ name: 'l', type: { kind: 'list', element: { kind: 'long' } }, nullable: true }]),
      [{ name: 'l', type: { kind: 'list', element: { kind: 'string' } }, nullable: true }],
      /column l/
    ],
    'an invariant': [
      {
        type: 'struct',
        fields: [{ name: 't', type: 'string', nullable: true, metadata: { 'delta.invariants': '{}' } }]
      },
      [text],
      /invariant/
    ]
  }
  for (const [what, [found, wanted, message]] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => merge(found, ...wanted),
        (error) => error instanceof RefusedError && message.test(error.message)
      )
    })
  }
})

describe('a Delta type in SQL', () => {
  it('is the type that DuckDB reads it as', () => {
    assert.equal(sqlTypeOfDelta('decimal(10,2)'), 'DECIMAL(10,2)')
    assert.equal(sqlTypeOfDelta({ type: 'array', elementType: 'timestamp', containsNull: true }), 'TIMESTAMPTZ[]')
    assert.equal(sqlTypeOfDelta(deltaSchema([long])), 'STRUCT("n" BIGINT)')
    const map = { type: 'map', keyType: 'string', valueType: 'binary', valueContainsNull: true } as const
    assert.equal(sqlTypeOfDelta(map), 'MAP(VARCHAR, BLOB)')
  })
})
