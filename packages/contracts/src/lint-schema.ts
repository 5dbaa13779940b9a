import { reservedColumns } from './columns.ts'
import { lintPattern } from './lint-pattern.ts'
import { describe, isObject, type Report } from './report.ts'
import type { SchemaType } from './schema-node.ts'

type Json = Readonly<Record<string, unknown>>

const maxEnumValues = 1000
const maxText = 65_536
const maxItems = 10_000

const annotations = ['type', 'title', 'description', '$comment', 'enum', 'const']
const keywords: Record<SchemaType, readonly string[]> = {
  string: [...annotations, 'minLength', 'maxLength', 'pattern', 'format'],
  integer: [...annotations, 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  number: [...annotations, 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  boolean: annotations,
  array: [...annotations, 'items', 'minItems', 'maxItems'],
  object: [...annotations, 'properties', 'required', 'additionalProperties']
}

/** What only the whole file has. `lint-file.ts` looks at them. */
const rootKeywords = ['$schema', '$id', 'x-contract', 'examples']

const formats = ['date-time', 'date', 'int64']
const propertyName = /^[A-Za-z][A-Za-z0-9_]{0,62}$/
const schemaTypes = Object.keys(keywords)

/**
 * Holds the schema of `data` to what a contract may say: closed objects, bounds on everything, patterns in linear
 * time, names that can be columns. A keyword that is not listed here is refused, because nothing else would obey it.
 */
export function lintSchema(schema: Json, report: Report): void {
  if (schema['type'] !== 'object') report.problem('/type', '"object"', describe(schema['type']))
  lintNode(schema, '', report)
}

function lintNode(node: unknown, pointer: string, report: Report): void {
  const { problem } = report
  if (!isObject(node)) return problem(pointer, 'a schema', describe(node))
  if (Object.hasOwn(node, '$ref'))
    return problem(`${pointer}/$ref`, 'the definition written out in its place', describe(node['$ref']))
  const type = lintType(node, pointer, report)
  if (!type) return
  const known = pointer === '' ? [...keywords[type], ...rootKeywords] : keywords[type]
  for (const keyword of Object.keys(node)) {
    if (!known.includes(keyword))
      problem(`${pointer}/${keyword}`, `only ${known.join(', ')} in a schema of type ${type}`, `"${keyword}"`)
  }
  for (const keyword of ['title', 'description', '$comment']) {
    const text = node[keyword]
    if (text !== undefined && typeof text !== 'string') problem(`${pointer}/${keyword}`, 'a text', describe(text))
  }
  lintValues(node, type, pointer, report)
  if (type === 'string') lintString(node, pointer, report)
  if (type === 'integer' || type === 'number') lintNumber(node, type, pointer, report)
  if (type === 'array') lintArray(node, pointer, report)
  if (type === 'object') lintObject(node, pointer, report)
}

/** One type, or one type and null. */
function lintType(node: Json, pointer: string, { problem }: Report): SchemaType | null {
  const found = node['type']
  const types =
    Array.isArray(found) && found.length === 2 && found[1] === 'null' && pointer !== '' ? [found[0]] : [found]
  if (schemaTypes.includes(types[0] as string)) return types[0] as SchemaType
  problem(`${pointer}/type`, `one of ${schemaTypes.join(', ')}, or a pair of one of them and "null"`, describe(found))
  return null
}

function lintValues(node: Json, type: SchemaType, pointer: string, { problem }: Report): void {
  const { enum: values, const: value } = node
  if (value !== undefined && !isOfType(value, type)) problem(`${pointer}/const`, `a ${type}`, describe(value))
  if (values === undefined) return
  if (!Array.isArray(values) || values.length === 0 || values.length > maxEnumValues) {
    return problem(
      `${pointer}/enum`,
      `1 to ${maxEnumValues} values`,
      Array.isArray(values) ? `${values.length}` : describe(values)
    )
  }
  const allowsNull = Array.isArray(node['type'])
  values.forEach((value, i) => {
    const isFine = isOfType(value, type) || (allowsNull && value === null)
    if (!isFine) problem(`${pointer}/enum/${i}`, `a ${type}`, describe(value))
  })
}

function isOfType(value: unknown, type: SchemaType): boolean {
  if (type === 'integer') return Number.isSafeInteger(value)
  return (type === 'string' || type === 'number' || type === 'boolean') && typeof value === type
}

function lintString(node: Json, pointer: string, { problem }: Report): void {
  const { format, pattern, minLength, maxLength } = node
  if (format !== undefined && !formats.includes(format as string)) {
    problem(`${pointer}/format`, `one of ${formats.join(', ')}`, describe(format))
  }
  if (minLength !== undefined && !isCount(minLength, maxText))
    problem(`${pointer}/minLength`, `0 to ${maxText}`, describe(minLength))
  if (maxLength !== undefined && !isCount(maxLength, maxText))
    problem(`${pointer}/maxLength`, `0 to ${maxText}`, describe(maxLength))
  if ((minLength as number) > (maxLength as number))
    problem(`${pointer}/minLength`, 'at most maxLength', describe(minLength))
  if (maxLength === undefined) {
    if (pattern !== undefined) problem(pointer, 'maxLength beside the pattern', 'none')
    else if (format === undefined && node['enum'] === undefined && node['const'] === undefined)
      problem(pointer, 'maxLength', 'none')
  }
  if (pattern === undefined) return
  const found =
    typeof pattern === 'string' ? lintPattern(pattern).problem : { expected: 'a text', found: describe(pattern) }
  if (found) problem(`${pointer}/pattern`, found.expected, found.found)
}

function lintNumber(node: Json, type: 'integer' | 'number', pointer: string, { problem }: Report): void {
  for (const [bound, exclusive] of [
    ['minimum', 'exclusiveMinimum'],
    ['maximum', 'exclusiveMaximum']
  ] as const) {
    const names = [bound, exclusive].filter((name) => node[name] !== undefined)
    if (names.length !== 1) problem(pointer, `${bound} or ${exclusive}`, names.length === 0 ? 'none' : 'both')
    for (const name of names) {
      const isFine = type === 'integer' ? Number.isSafeInteger(node[name]) : typeof node[name] === 'number'
      if (!isFine) problem(`${pointer}/${name}`, `a ${type}`, describe(node[name]))
    }
  }
  const min = node['minimum'] ?? node['exclusiveMinimum']
  const max = node['maximum'] ?? node['exclusiveMaximum']
  if ((min as number) > (max as number))
    problem(pointer, 'a minimum that is at most the maximum', `${describe(min)} and ${describe(max)}`)
}

function lintArray(node: Json, pointer: string, report: Report): void {
  const { minItems: min, maxItems: max } = node
  if (!isCount(max, maxItems)) report.problem(`${pointer}/maxItems`, `0 to ${maxItems}`, describe(max))
  if (min !== undefined && !isCount(min, maxItems))
    report.problem(`${pointer}/minItems`, `0 to ${maxItems}`, describe(min))
  if ((min as number) > (max as number)) report.problem(`${pointer}/minItems`, 'at most maxItems', describe(min))
  lintNode(node['items'], `${pointer}/items`, report)
}

function lintObject(node: Json, pointer: string, report: Report): void {
  const { properties, required, additionalProperties } = node
  if (additionalProperties !== false)
    report.problem(`${pointer}/additionalProperties`, 'false', describe(additionalProperties))
  if (!isObject(properties) || Object.keys(properties).length === 0) {
    return report.problem(`${pointer}/properties`, 'at least one property', describe(properties))
  }
  lintNames(Object.keys(properties), pointer, report)
  for (const [name, property] of Object.entries(properties)) lintNode(property, `${pointer}/properties/${name}`, report)
  if (required === undefined) return
  if (!Array.isArray(required))
    return report.problem(`${pointer}/required`, 'a list of property names', describe(required))
  required.forEach((name, i) => {
    const isFine = typeof name === 'string' && Object.hasOwn(properties, name) && required.indexOf(name) === i
    if (!isFine) report.problem(`${pointer}/required/${i}`, 'the name of a property, once', describe(name))
  })
}

/** A property becomes a column or a field of one, and SQL does not tell upper from lower case. */
function lintNames(names: readonly string[], pointer: string, { problem }: Report): void {
  const taken = new Set<string>(pointer === '' ? reservedColumns : [])
  for (const name of names) {
    const at = `${pointer}/properties/${name}`
    if (name in Object.prototype) problem(at, 'a name that no JavaScript object has by itself', `"${name}"`)
    else if (!propertyName.test(name)) problem(at, 'a letter, then at most 62 letters, digits and _', `"${name}"`)
    else if (taken.has(name.toLowerCase())) problem(at, 'a name that no other column has in any case', `"${name}"`)
    taken.add(name.toLowerCase())
  }
}

function isCount(value: unknown, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max
}
