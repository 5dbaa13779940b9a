import { allowsNull, typeOf, type SchemaNode } from '../schema-node.ts'
import { findNumber } from './find-number.ts'
import { findText } from './find-text.ts'
import { holdsScalar } from './holds.ts'

/** A value that the writer's schema allows and the reader's does not. */
export interface Difference {
  readonly value: unknown
  /** Where in the value the reader says no: a JSON pointer. */
  readonly pointer: string
}

/**
 * Decides whether every value of the writer's schema is one of the reader's: null, or else one that is not. Exact over
 * what a contract may say (`lint-schema.ts`), and over values that an event may hold (`parseJsonStrict`): the
 * properties of closed objects are free of each other, so are the items of lists, and texts are regular languages.
 * Reader null allows nothing. `base`, a value of the writer's, is what the found one is like where it may be.
 */
export function findDifference(writer: SchemaNode, reader: SchemaNode | null, base?: unknown): Difference | null {
  if (reader === null && base !== undefined) return { value: base, pointer: '' }
  const found = findTyped(writer, reader, base)
  if (found !== null) return found
  const isNullRefused = holdsNull(writer) && (reader === null || !holdsNull(reader))
  return isNullRefused ? { value: null, pointer: '' } : null
}

function holdsNull(node: SchemaNode): boolean {
  return allowsNull(node) && holdsScalar(node, null)
}

/** The part of it that is not null. */
function findTyped(writer: SchemaNode, reader: SchemaNode | null, base: unknown): Difference | null {
  const type = typeOf(writer)
  const other = reader !== null && isComparable(type, typeOf(reader)) ? reader : null
  switch (type) {
    case 'string':
      return scalar(findText(writer, other))
    case 'integer':
    case 'number':
      return scalar(findNumber(writer, other))
    case 'boolean':
      return scalar(
        [true, false].find((value) => holdsScalar(writer, value) && !(other && holdsScalar(other, value))) ?? null
      )
    case 'array':
      return findArray(writer, other, base)
    default:
      return findObject(writer, other, base)
  }
}

function isComparable(a: string, b: string): boolean {
  const isNumber = (type: string) => type === 'integer' || type === 'number'
  return a === b || (isNumber(a) && isNumber(b))
}

function scalar(value: string | number | boolean | null): Difference | null {
  return value === null ? null : { value, pointer: '' }
}

/** A list of values on a list or an object can only be `[null]`: nothing else is left. */
function isOnlyNull(node: SchemaNode): boolean {
  return node.enum !== undefined
}

function findArray(writer: SchemaNode, reader: SchemaNode | null, base: unknown): Difference | null {
  if (isOnlyNull(writer)) return null
  const item = findDifference(writer.items!, null)
  const least = writer.minItems ?? 0
  const most = item === null ? 0 : writer.maxItems!
  if (most < least) return null
  const ofLength = (length: number): unknown[] => Array.from({ length }, () => item?.value)
  if (reader === null || isOnlyNull(reader)) return { value: Array.isArray(base) ? base : ofLength(least), pointer: '' }
  const { minItems = 0, maxItems = 0 } = reader
  const length = [least, Math.max(least, maxItems + 1)].find((n) => n <= most && (n < minItems || n > maxItems))
  if (length !== undefined) return { value: ofLength(length), pointer: '' }
  const found = most === 0 ? null : findDifference(writer.items!, reader.items!)
  return found && { value: [found.value, ...ofLength(least).slice(1)], pointer: `/0${found.pointer}` }
}

function findObject(writer: SchemaNode, reader: SchemaNode | null, base: unknown): Difference | null {
  if (isOnlyNull(writer)) return null
  const { properties = {}, required = [] } = writer
  const like = isObject(base) ? base : {}
  const whole: Record<string, unknown> = { ...like }
  for (const name of required) {
    if (Object.hasOwn(whole, name)) continue
    const sample = findDifference(properties[name]!, null)
    if (sample === null) return null
    whole[name] = sample.value
  }
  if (reader === null || isOnlyNull(reader)) return { value: whole, pointer: '' }
  for (const name of reader.required ?? []) {
    if (required.includes(name)) continue
    const { [name]: _, ...others } = whole
    return { value: others, pointer: `/${name}` }
  }
  for (const [name, property] of Object.entries(properties)) {
    const found = findDifference(property, reader.properties?.[name] ?? null, like[name])
    if (found !== null) return { value: { ...whole, [name]: found.value }, pointer: `/${name}${found.pointer}` }
  }
  return null
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
