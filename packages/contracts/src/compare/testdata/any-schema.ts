import fc from 'fast-check'
import { lintPattern } from '../../lint-pattern.ts'
import type { SchemaNode } from '../../schema-node.ts'

/** A pair of object schemas as the lint allows them, most of them alike but for a few places. */
export function anyPair(): fc.Arbitrary<readonly [SchemaNode, SchemaNode]> {
  const mutated = anyObject(2).chain((schema) => mutations(schema).map((other) => [schema, other] as const))
  const twice = mutated.chain(([schema, other]) => mutations(other).map((third) => [schema, third] as const))
  const apart = fc.tuple(anyObject(1), anyObject(1))
  const swapped = fc.oneof(mutated, twice).map(([a, b]) => [b, a] as const)
  return fc.oneof(mutated, twice, swapped, apart)
}

const names = ['a', 'b', 'c', 'd']

function anyObject(depth: number): fc.Arbitrary<SchemaNode> {
  const properties = fc.dictionary(fc.constantFrom(...names), fc.tuple(anyNode(depth), fc.boolean()), { minKeys: 1 })
  return properties.map((all) => ({
    type: 'object',
    properties: Object.fromEntries(Object.entries(all).map(([name, [node]]) => [name, node])),
    required: Object.keys(all).filter((name) => all[name]![1]),
    additionalProperties: false
  }))
}

function anyNode(depth: number): fc.Arbitrary<SchemaNode> {
  const scalars = [anyText, anyText, anyInteger, anyNumber, anyBoolean]
  const nested = depth === 0 ? [] : [anyArray(depth - 1), anyObject(depth - 1)]
  return fc.tuple(fc.oneof(...scalars, ...nested), fc.nat(3)).map(([node, n]) => (n === 0 ? orNull(node) : node))
}

/** Null too; a list of values then may have it or not, and on an object can only be that. */
function orNull(node: SchemaNode): SchemaNode {
  return { ...node, type: [node.type as 'string', 'null'] }
}

const count = fc.oneof({ weight: 8, arbitrary: fc.nat(5) }, fc.constantFrom(10, 20, 32, 300))
const range = fc.tuple(count, count).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)

const patterns = [
  '^[A-Z]{3}$',
  '^N[0-9A-Z]{1,5}$',
  '^(?:ab)+$',
  '^[^a]+$',
  '^.*$',
  '^-?[0-9]+$',
  '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
  '^[^-]{4}-1[^-]-(?:0[1-9]|2[0-9]|3[01])$',
  '^(?:0|-?[1-9][0-9]{0,18})$',
  '^922337203685477580[0-9]$',
  '^[😀é\\x00]{1,3}$',
  '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$',
  '^0001-01-01T00:[0-9]{2}:00[+]0[0-9]:[0-9]{2}$',
  '^9999-12-[0-9]{2}T23:59:5.[-]00:0[01]$'
]

const anyPattern = fc
  .oneof(
    fc.constantFrom(...patterns),
    fc
      .array(fc.constantFrom('a', 'b', '[ab]', 'c?', '[a-c]*', 'a{2}', 'b{1,2}', '(?:a|bc)', '(?:b|c)+', '.'), {
        maxLength: 4
      })
      .map((parts) => `^${parts.join('')}$`)
  )
  .filter((pattern) => lintPattern(pattern).problem === null)

const word = fc.oneof(
  fc.constantFrom('', 'a', 'ab', 'abc', 'ABC', 'N1', '0', '-1', '2013-02-28'),
  fc.string({ maxLength: 3 })
)

const anyText: fc.Arbitrary<SchemaNode> = fc.oneof(
  range.map(([minLength, maxLength]) => ({ type: 'string' as const, minLength, maxLength })),
  fc.tuple(anyPattern, count).map(([pattern, maxLength]) => ({ type: 'string' as const, pattern, maxLength })),
  fc.constantFrom('date-time', 'date', 'int64').map((format) => ({ type: 'string' as const, format })),
  fc
    .tuple(fc.constantFrom('date-time' as const, 'date' as const, 'int64' as const), anyPattern)
    .map(([format, pattern]) => ({ type: 'string' as const, format, pattern, maxLength: 32 })),
  fc.uniqueArray(word, { minLength: 1, maxLength: 4 }).map((values) => ({ type: 'string' as const, enum: values })),
  fc.tuple(fc.uniqueArray(word, { minLength: 1 }), range).map(([values, [minLength, maxLength]]) => ({
    type: 'string' as const,
    enum: values,
    minLength,
    maxLength
  })),
  word.map((value) => ({ type: 'string' as const, const: value }))
)

const wholes = fc.oneof(fc.integer({ min: -6, max: 6 }), fc.constantFrom(2 ** 31, 2 ** 53 - 1, 1 - 2 ** 53, 2 ** 52))
const doubles = fc.oneof(
  wholes,
  fc.double({ min: -4, max: 4, noNaN: true }),
  fc.constantFrom(1e21, 1e300, -1e25, 2 ** 53, 1e20)
)

const anyInteger = bounded('integer', wholes)
const anyNumber = bounded('number', doubles)
const anyBoolean: fc.Arbitrary<SchemaNode> = fc.constantFrom(
  { type: 'boolean' },
  { type: 'boolean', enum: [true] },
  { type: 'boolean', const: false },
  { type: 'boolean', enum: [true, false] }
)

function bounded(type: 'integer' | 'number', value: fc.Arbitrary<number>): fc.Arbitrary<SchemaNode> {
  const bounds = fc.tuple(value, value, fc.boolean(), fc.boolean()).map(([a, b, isOpenBelow, isOpenAbove]) => ({
    type,
    [isOpenBelow ? 'exclusiveMinimum' : 'minimum']: Math.min(a, b),
    [isOpenAbove ? 'exclusiveMaximum' : 'maximum']: Math.max(a, b)
  }))
  const listed = fc.tuple(bounds, fc.uniqueArray(value, { minLength: 1, maxLength: 5 }))
  return fc.oneof(
    { weight: 4, arbitrary: bounds },
    listed.map(([node, values]) => ({ ...node, enum: values })),
    listed.map(([node, [value]]) => ({ ...node, const: value }))
  )
}

function anyArray(depth: number): fc.Arbitrary<SchemaNode> {
  return fc.tuple(anyNode(depth), range).map(([items, [minItems, maxItems]]) => ({
    type: 'array' as const,
    items,
    maxItems: Math.min(maxItems, 12),
    ...(minItems > 0 && { minItems: Math.min(minItems, 12) })
  }))
}

/** The schema, changed in one place. */
function mutations(node: SchemaNode): fc.Arbitrary<SchemaNode> {
  if (node.type === 'object' || node.type[0] === 'object') return objectMutations(node)
  const fresh = anyNode(1)
  const type = typeof node.type === 'string' ? node.type : node.type[0]
  const ways: fc.Arbitrary<SchemaNode>[] = [fresh, fc.constant(node)]
  ways.push(fc.constant(typeof node.type === 'string' ? orNull(node) : { ...node, type }))
  for (const name of ['minLength', 'maxLength', 'minItems', 'maxItems', 'minimum', 'maximum'] as const) {
    const value = node[name]
    if (value === undefined || Math.abs(value) >= 2 ** 53 - 1) continue
    const least = name === 'minimum' || name === 'maximum' ? -Infinity : 0
    const next = fc.constantFrom(-1, 1).map((by) => ({ ...node, [name]: Math.max(least, value + by) }))
    ways.push(next, next, next)
  }
  if (node.items) ways.push(mutations(node.items).map((items) => ({ ...node, items })))
  if (node.pattern !== undefined) ways.push(anyPattern.map((pattern) => ({ ...node, pattern })))
  if (node.enum)
    ways.push(fc.shuffledSubarray([...node.enum], { minLength: 1 }).map((values) => ({ ...node, enum: values })))
  if (type === 'integer') ways.push(fc.constant({ ...node, type: 'number' }))
  return fc.oneof(...ways).map(inOrder)
}

function objectMutations(node: SchemaNode): fc.Arbitrary<SchemaNode> {
  const { properties = {}, required = [] } = node
  const known = Object.keys(properties)
  const change = fc
    .constantFrom(...known)
    .chain((name) =>
      mutations(properties[name]!).map((property) => ({ ...node, properties: { ...properties, [name]: property } }))
    )
  const addition = fc
    .tuple(fc.constantFrom(...names), anyNode(1), fc.boolean())
    .map(([name, property, isRequired]) => ({
      ...node,
      properties: {
        ...properties,
        [name]: property
      },
      required: [...required.filter((other) => other !== name), ...(isRequired ? [name] : [])]
    }))
  const removal = fc.constantFrom(...known).map((name) => {
    const { [name]: _, ...others } = properties
    return known.length === 1
      ? node
      : { ...node, properties: others, required: required.filter((other) => other !== name) }
  })
  const duty = fc.constantFrom(...known).map((name) => ({
    ...node,
    required: required.includes(name) ? required.filter((other) => other !== name) : [...required, name]
  }))
  return fc.oneof({ weight: 4, arbitrary: change }, addition, removal, duty)
}

/** Bounds in order, as the lint wants them. */
function inOrder(node: SchemaNode): SchemaNode {
  const { minLength, maxLength, minItems, maxItems, minimum, maximum } = node
  return {
    ...node,
    ...(minLength !== undefined && { minLength: Math.min(minLength, maxLength ?? minLength) }),
    ...(minItems !== undefined && { minItems: Math.min(minItems, maxItems ?? minItems) }),
    ...(minimum !== undefined && { minimum: Math.min(minimum, maximum ?? node.exclusiveMaximum ?? minimum) }),
    ...(maximum !== undefined && { maximum: Math.max(maximum, node.exclusiveMinimum ?? maximum) })
  }
}
