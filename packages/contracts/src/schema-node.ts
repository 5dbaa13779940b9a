/** A part of a contract's schema, after lint-schema.ts has looked at it: exactly these keywords, of these kinds. */
export interface SchemaNode {
  readonly type: SchemaType | readonly [SchemaType, 'null']
  readonly title?: string
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: 'date-time' | 'date' | 'int64'
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly items?: SchemaNode
  readonly minItems?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
}

export type SchemaType = 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object'

export function typeOf(node: SchemaNode): SchemaType {
  return typeof node.type === 'string' ? node.type : node.type[0]
}

export function allowsNull(node: SchemaNode): boolean {
  return typeof node.type !== 'string'
}

/** Inclusive bounds of a number; the lint makes sure that both are there. */
export function boundsOf(node: SchemaNode): { readonly min: number; readonly max: number } {
  return {
    min: Math.max(node.minimum ?? -Infinity, node.exclusiveMinimum ?? -Infinity),
    max: Math.min(node.maximum ?? Infinity, node.exclusiveMaximum ?? Infinity)
  }
}
