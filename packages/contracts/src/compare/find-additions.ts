import { typeOf, type SchemaNode } from '../schema-node.ts'
import { findDifference } from './find-difference.ts'

/** A field that is new and optional. */
export interface Addition {
  readonly pointer: string
  /** A document with it; undefined: no document can have it. */
  readonly value: unknown
}

/**
 * The new schema without its new optional fields. Fields of objects count at any depth, for a table takes them as
 * columns; those within lists do not, for a list column cannot change.
 */
export function withoutAdditions(now: SchemaNode, old: SchemaNode): SchemaNode {
  if (!areObjects(now, old)) return now
  const kept = Object.entries(now.properties!).flatMap(([name, property]) => {
    const before = propertyOf(old, name)
    if (before !== undefined) return [[name, withoutAdditions(property, before)] as const]
    return now.required?.includes(name) ? [[name, property] as const] : []
  })
  return { ...now, properties: Object.fromEntries(kept) }
}

/** Each new optional field with a document that has it, like `base` where that is given. */
export function findAdditions(now: SchemaNode, old: SchemaNode, base: unknown): readonly Addition[] {
  if (!areObjects(now, old)) return []
  const whole = findDifference(now, null, base ?? undefined)?.value as Record<string, unknown> | null | undefined
  const embed = (name: string, value: unknown) =>
    whole && value !== undefined ? { ...whole, [name]: value } : undefined
  return Object.entries(now.properties!).flatMap(([name, property]) => {
    const before = propertyOf(old, name)
    if (before !== undefined) {
      const within = findAdditions(property, before, whole?.[name])
      return within.map(({ pointer, value }) => ({ pointer: `/${name}${pointer}`, value: embed(name, value) }))
    }
    if (now.required?.includes(name)) return []
    return [{ pointer: `/${name}`, value: embed(name, findDifference(property, null)?.value) }]
  })
}

function propertyOf({ properties = {} }: SchemaNode, name: string): SchemaNode | undefined {
  return Object.hasOwn(properties, name) ? properties[name] : undefined
}

function areObjects(a: SchemaNode, b: SchemaNode): boolean {
  return typeOf(a) === 'object' && typeOf(b) === 'object'
}
