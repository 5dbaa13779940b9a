import { isStrictDateTime } from '@sluice/events'
import fc from 'fast-check'
import { allowsNull, typeOf, type SchemaNode } from './schema-node.ts'
import type { Contract } from './types.ts'

export { checkReads } from './check-reads.ts'

/**
 * Documents that hold to a contract, with the ends of its bounds among them: for property tests of whatever reads,
 * carries or writes `data`. Each is accepted by `contract.checkData` and by `parseJsonStrict` once it is JSON.
 */
export function arbitraryData(contract: Contract): fc.Arbitrary<Record<string, unknown>> {
  return anyObject(contract.schema as SchemaNode)
}

function anyValue(node: SchemaNode): fc.Arbitrary<unknown> {
  const value = anyOfType(node)
  return allowsNull(node) ? fc.option(value, { nil: null, freq: 4 }) : value
}

function anyOfType(node: SchemaNode): fc.Arbitrary<unknown> {
  if (node.const !== undefined) return fc.constant(node.const)
  if (node.enum) return fc.constantFrom(...node.enum.filter((value) => value !== null))
  switch (typeOf(node)) {
    case 'string':
      return anyString(node)
    case 'integer':
      return anyInteger(node)
    case 'number':
      return anyNumber(node)
    case 'boolean':
      return fc.boolean()
    case 'array':
      return fc.array(anyValue(node.items!), { minLength: node.minItems ?? 0, maxLength: node.maxItems! })
    default:
      return anyObject(node)
  }
}

function anyObject(node: SchemaNode): fc.Arbitrary<Record<string, unknown>> {
  const properties = Object.entries(node.properties!).map(([name, property]) => [name, anyValue(property)] as const)
  return fc.record(Object.fromEntries(properties), { requiredKeys: [...(node.required ?? [])], noNullPrototype: true })
}

function anyString({ format, pattern, minLength = 0, maxLength = 64 }: SchemaNode): fc.Arbitrary<string> {
  if (format === 'int64') return anyInt64
  if (format === 'date') return anyDate
  if (format === 'date-time') return anyDateTime
  if (pattern !== undefined) {
    return fc
      .stringMatching(new RegExp(pattern, 'u'))
      .filter((text) => isWithin(Array.from(text).length, minLength, maxLength))
  }
  // Code points are what a schema counts. A NUL is no text: parseJsonStrict refuses it.
  const bounds = { minLength, maxLength }
  const texts = fc.oneof(fc.string({ unit: 'binary', ...bounds }), fc.string({ unit: 'binary-ascii', ...bounds }))
  return texts.map((text) => text.replaceAll('\0', ' '))
}

function anyInteger(node: SchemaNode): fc.Arbitrary<number> {
  const min = Math.max(node.minimum ?? -Infinity, (node.exclusiveMinimum ?? -Infinity) + 1)
  const max = Math.min(node.maximum ?? Infinity, (node.exclusiveMaximum ?? Infinity) - 1)
  return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max))
}

function anyNumber(node: SchemaNode): fc.Arbitrary<number> {
  const min = node.minimum ?? node.exclusiveMinimum!
  const max = node.maximum ?? node.exclusiveMaximum!
  const isMinAllowed = node.minimum !== undefined
  const isMaxAllowed = node.maximum !== undefined
  const inside = fc.double({ min, max, noNaN: true, minExcluded: !isMinAllowed, maxExcluded: !isMaxAllowed })
  const ends = [...(isMinAllowed ? [min] : []), ...(isMaxAllowed ? [max] : [])]
  // Doubles that JSON.stringify would write as integers beyond 2^53 are refused in an event.
  return (ends.length > 0 ? fc.oneof({ weight: 4, arbitrary: inside }, fc.constantFrom(...ends)) : inside).filter(
    (n) => Math.abs(n) < 2 ** 53 || Math.abs(n) >= 1e21
  )
}

const int64Ends = [-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n, -1n, 0n]
const anyInt64 = fc
  .oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constantFrom(...int64Ends))
  .map((n) => String(n))

const anyMoment = fc.date({
  min: new Date('0001-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59Z'),
  noInvalidDate: true
})
const anyDate = anyMoment.map((date) => date.toISOString().slice(0, 10))
const anyZone = fc.oneof(fc.constant('Z'), fc.stringMatching(/^[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]$/))
const anyDateTime = fc
  .tuple(anyMoment, fc.stringMatching(/^(?:\.[0-9]{1,6})?$/), anyZone)
  .map(([date, fraction, zone]) => `${date.toISOString().slice(0, 19)}${fraction}${zone}`)
  .filter(isStrictDateTime)

function isWithin(length: number, min: number, max: number): boolean {
  return length >= min && length <= max
}
