import fc from 'fast-check'
import { boundsOf, allowsNull, typeOf, type SchemaNode } from '../../schema-node.ts'

/**
 * Documents that have a good chance to hold to the writer's schema, near the ends of both: what is really valid is for
 * a validator to say. It knows nothing of how the comparison works.
 */
export function anyDocument(writer: SchemaNode, reader: SchemaNode | undefined): fc.Arbitrary<unknown> {
  const value = anyOfType(writer, reader)
  return allowsNull(writer) ? fc.oneof({ weight: 3, arbitrary: value }, fc.constant(null)) : value
}

function anyOfType(writer: SchemaNode, reader: SchemaNode | undefined): fc.Arbitrary<unknown> {
  const listed = [...(writer.enum ?? []), ...('const' in writer ? [writer.const] : [])]
  if (listed.length > 0) return fc.constantFrom(...listed)
  switch (typeOf(writer)) {
    case 'string':
      return anyText(writer, reader)
    case 'integer':
    case 'number':
      return anyNumber(writer, reader)
    case 'boolean':
      return fc.boolean()
    case 'array':
      return anyArray(writer, reader)
    default:
      return anyObject(writer, reader)
  }
}

function anyObject({ properties = {}, required = [] }: SchemaNode, reader: SchemaNode | undefined) {
  const values = Object.entries(properties).map(([name, node]) => [name, anyDocument(node, reader?.properties?.[name])])
  return fc.record(Object.fromEntries(values) as Record<string, fc.Arbitrary<unknown>>, {
    requiredKeys: [...required],
    noNullPrototype: true
  })
}

function anyArray({ items, minItems = 0, maxItems = 0 }: SchemaNode, reader: SchemaNode | undefined) {
  const item = anyDocument(items!, reader?.items)
  const lengths = [minItems, maxItems, reader?.minItems ?? 0, (reader?.minItems ?? 0) - 1, (reader?.maxItems ?? 0) + 1]
  const usual = lengths.filter((length) => length >= minItems && length <= maxItems)
  return fc.constantFrom(...usual).chain((length) => fc.array(item, { minLength: length, maxLength: length }))
}

function anyNumber(writer: SchemaNode, reader: SchemaNode | undefined): fc.Arbitrary<number> {
  const { min, max } = boundsOf(writer)
  const other =
    reader?.minimum === undefined && reader?.exclusiveMinimum === undefined ? boundsOf(writer) : boundsOf(reader)
  const ends = [min, max, other.min, other.max].flatMap((end) => [
    end,
    end - 1,
    end + 1,
    end + 0.5,
    end - 0.5,
    end * (1 + 2 ** -52)
  ])
  const inside = fc.double({ min, max, noNaN: true })
  return fc
    .oneof(fc.constantFrom(...ends), inside, inside.map(Math.round))
    .map((n) => (Number.isFinite(n) && (Math.abs(n) < 2 ** 53 || Math.abs(n) >= 1e21) ? n : 0))
}

const moment = fc.oneof(
  fc.constantFrom('0001-01-01T00:30:00', '9999-12-31T23:59:59', '2012-02-29T12:00:00', '9999-12-31T23:59:59.999999'),
  fc
    .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 19))
)
const zone = fc.constantFrom('Z', 'Z', '+00:00', '+00:30', '+00:31', '-00:00', '-00:01', '+23:59', '-23:59')
const limits = [
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '-9223372036854775809',
  '0',
  '-1',
  '922337203685477580'
]

function anyText(writer: SchemaNode, reader: SchemaNode | undefined): fc.Arbitrary<string> {
  const patterns = [writer.pattern, reader?.pattern].flatMap((pattern) => pattern ?? [])
  const lengths = [writer.minLength, writer.maxLength, reader?.minLength, reader?.maxLength]
    .flatMap((length) => (length === undefined ? [] : [length - 1, length, length + 1]))
    .filter((length) => length >= (writer.minLength ?? 0) && length <= (writer.maxLength ?? 64))
  const plain = fc
    .constantFrom(...lengths, writer.minLength ?? 0)
    .chain((length) =>
      fc.oneof(
        fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: length, maxLength: length }),
        fc.string({ unit: 'binary', minLength: length, maxLength: length })
      )
    )
  const ways = [plain, ...patterns.map((pattern) => fc.stringMatching(new RegExp(pattern, 'u')))]
  if (writer.format === 'int64')
    ways.push(fc.constantFrom(...limits), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String))
  if (writer.format === 'date') ways.push(moment.map((text) => text.slice(0, 10)))
  if (writer.format === 'date-time') ways.push(fc.tuple(moment, zone).map((parts) => parts.join('')))
  const listed = [...(reader?.enum ?? []), reader?.const].filter((value) => typeof value === 'string')
  if (listed.length > 0) ways.push(fc.constantFrom(...listed))
  return fc.oneof(...ways).map((text) => text.replaceAll('\0', ' '))
}
