import { RefusedError } from '@sluice/events'
import type { LakeColumn, LakeType } from './types.ts'

/** A schema as the Delta protocol writes it (PROTOCOL.md, "Schema Serialization Format"). */
export interface DeltaSchema {
  readonly type: 'struct'
  readonly fields: readonly DeltaField[]
}

export interface DeltaField {
  readonly name: string
  readonly type: DeltaType
  readonly nullable: boolean
  readonly metadata: Readonly<Record<string, unknown>>
}

/** `string`, `long`, `decimal(10,2)`, …; or a nested type. */
export type DeltaType =
  | string
  | DeltaSchema
  | { readonly type: 'array'; readonly elementType: DeltaType; readonly containsNull: boolean }
  | {
      readonly type: 'map'
      readonly keyType: DeltaType
      readonly valueType: DeltaType
      readonly valueContainsNull: boolean
    }

/** Columns as a Delta schema. Inside of structs everything may be null, as it is in the Parquet files. */
export function deltaSchema(columns: readonly LakeColumn[]): DeltaSchema {
  return {
    type: 'struct',
    fields: columns.map(({ name, type, nullable }) => ({ name, type: deltaType(type), nullable, metadata: {} }))
  }
}

function deltaType(type: LakeType): DeltaType {
  if (type.kind === 'list') return { type: 'array', elementType: deltaType(type.element), containsNull: true }
  if (type.kind === 'struct') return deltaSchema(type.fields.map((field) => ({ ...field, nullable: true })))
  return type.kind
}

/**
 * The table's schema with what it lacks of the wanted one added at its end; the same object where it lacks nothing.
 * Columns are only ever added: those of a rival stay. Refuses a column of another type, and one that rows of ours
 * would have to fill and do not.
 */
export function mergeSchema(table: string, found: DeltaSchema, wanted: DeltaSchema): DeltaSchema {
  const problems: string[] = []
  const merged = mergeFields(found, wanted, `table ${table}: column `, problems)
  for (const field of found.fields) {
    if (field.metadata['delta.invariants'] !== undefined) {
      problems.push(`table ${table}: column ${field.name} has an invariant, expected none`)
    }
    if (!field.nullable && !wanted.fields.some(({ name }) => name === field.name)) {
      problems.push(`table ${table}: column ${field.name} may not be null and is in no contract known here`)
    }
  }
  if (problems.length > 0) throw new RefusedError(problems)
  return merged
}

function mergeFields(found: DeltaSchema, wanted: DeltaSchema, path: string, problems: string[]): DeltaSchema {
  const fields = [...found.fields]
  let changed = false
  for (const field of wanted.fields) {
    const at = fields.findIndex(({ name }) => name.toLowerCase() === field.name.toLowerCase())
    const existing = fields[at]
    if (existing === undefined) {
      // Rows that are there already have nothing in it.
      fields.push({ ...field, nullable: true })
      changed = true
      continue
    }
    if (!existing.nullable && field.nullable) {
      problems.push(`${path}${field.name}: expected one that may be null, found one that may not`)
    }
    const type = mergeType(existing, field, `${path}${field.name}`, problems)
    if (type === existing.type) continue
    fields[at] = { ...existing, type }
    changed = true
  }
  return changed ? { ...found, fields } : found
}

function mergeType(found: DeltaField, wanted: DeltaField, path: string, problems: string[]): DeltaType {
  if (isStruct(found.type) && isStruct(wanted.type)) {
    return mergeFields(found.type, wanted.type, `${path}.`, problems)
  }
  if (found.name !== wanted.name || !isSameType(found.type, wanted.type)) {
    problems.push(
      `${path}: expected ${wanted.name} ${JSON.stringify(wanted.type)}, found ${found.name} ${JSON.stringify(found.type)}`
    )
  }
  return found.type
}

function isStruct(type: DeltaType): type is DeltaSchema {
  return typeof type === 'object' && type.type === 'struct'
}

/** Ignoring nullability, which readers take from the table and writers may only widen. */
function isSameType(a: DeltaType, b: DeltaType): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b
  if (a.type === 'array' && b.type === 'array') return isSameType(a.elementType, b.elementType)
  if (a.type !== 'struct' || b.type !== 'struct') return false
  return (
    a.fields.length === b.fields.length &&
    a.fields.every((field, i) => {
      const other = b.fields[i]
      return other !== undefined && field.name === other.name && isSameType(field.type, other.type)
    })
  )
}

/** A Delta type in DuckDB's words. */
export function sqlTypeOfDelta(type: DeltaType): string {
  if (typeof type === 'string') {
    return sqlPrimitives[type] ?? (type.startsWith('decimal(') ? type.toUpperCase() : 'VARCHAR')
  }
  if (type.type === 'array') return `${sqlTypeOfDelta(type.elementType)}[]`
  if (type.type === 'map') return `MAP(${sqlTypeOfDelta(type.keyType)}, ${sqlTypeOfDelta(type.valueType)})`
  return `STRUCT(${type.fields.map((field) => `"${field.name.replaceAll('"', '""')}" ${sqlTypeOfDelta(field.type)}`).join(', ')})`
}

const sqlPrimitives: Readonly<Record<string, string>> = {
  string: 'VARCHAR',
  long: 'BIGINT',
  integer: 'INTEGER',
  short: 'SMALLINT',
  byte: 'TINYINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  binary: 'BLOB',
  date: 'DATE',
  timestamp: 'TIMESTAMPTZ'
}
