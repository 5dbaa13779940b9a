import { isInt64, isStrictDate, isStrictDateTime } from '@sluice/events'
import { allowsNull, typeOf, type SchemaNode } from '../schema-node.ts'

const formats = { int64: isInt64, date: isStrictDate, 'date-time': isStrictDateTime }

/** Whether a schema allows a value that is neither an object nor a list. */
export function holdsScalar(node: SchemaNode, value: string | number | boolean | null): boolean {
  if (node.const !== undefined && node.const !== value) return false
  if (node.enum !== undefined && !node.enum.includes(value)) return false
  if (value === null) return allowsNull(node)
  const type = typeOf(node)
  if (typeof value === 'string') return type === 'string' && holdsText(node, value)
  if (typeof value === 'boolean') return type === 'boolean'
  return type === 'number' || (type === 'integer' && Number.isInteger(value)) ? holdsNumber(node, value) : false
}

function holdsText({ minLength, maxLength, pattern, format }: SchemaNode, text: string): boolean {
  const length = Array.from(text).length
  if (length < (minLength ?? 0) || length > (maxLength ?? Infinity)) return false
  return (
    (pattern === undefined || new RegExp(pattern, 'u').test(text)) && (format === undefined || formats[format](text))
  )
}

function holdsNumber(node: SchemaNode, value: number): boolean {
  return (
    value >= (node.minimum ?? -Infinity) &&
    value <= (node.maximum ?? Infinity) &&
    value > (node.exclusiveMinimum ?? -Infinity) &&
    value < (node.exclusiveMaximum ?? Infinity)
  )
}
