import { allowsNull, boundsOf, typeOf, type SchemaNode } from './schema-node.ts'
import type { Column, ColumnType, EnrichmentPolicy } from './types.ts'

/** Columns that every bronze table has beside the fields of `data`: no field may have such a name, in any case. */
export const reservedColumns = [
  'event_id',
  'event_source',
  'event_time',
  'received_at',
  'enrichment',
  'kafka_partition',
  'kafka_offset',
  'raw_offset',
  'event_date'
] as const

/** The columns of `data`, in the order of the schema; `enrichment` last where there is a policy. */
export function columnsOf(schema: SchemaNode, enrichment: EnrichmentPolicy | null): readonly Column[] {
  const columns = fieldsOf(schema)
  return enrichment ? [...columns, enrichmentColumn(enrichment)] : columns
}

function fieldsOf(node: SchemaNode): Column[] {
  return Object.entries(node.properties ?? {}).map(([name, field]) => ({
    name,
    type: columnType(field),
    nullable: allowsNull(field) || !node.required?.includes(name)
  }))
}

function columnType(node: SchemaNode): ColumnType {
  switch (typeOf(node)) {
    case 'string':
      if (node.format === 'date-time') return { kind: 'timestamp' }
      if (node.format === 'date') return { kind: 'date' }
      return { kind: node.format === 'int64' ? 'long' : 'string' }
    case 'integer': {
      const { min, max } = boundsOf(node)
      return { kind: min >= -(2 ** 31) && max < 2 ** 31 ? 'integer' : 'long' }
    }
    case 'number':
      return { kind: 'double' }
    case 'boolean':
      return { kind: 'boolean' }
    case 'array':
      return { kind: 'list', element: columnType(node.items!) }
    default:
      return { kind: 'struct', fields: fieldsOf(node) }
  }
}

/** What the enricher adds. Everything may be null: a model may be away, or have no answer for an event. */
function enrichmentColumn({ property }: EnrichmentPolicy): Column {
  const prediction: ColumnType = {
    kind: 'struct',
    fields: [
      nullable('probability', { kind: 'double' }),
      nullable('model', { kind: 'string' }),
      nullable('version', { kind: 'string' }),
      nullable('sha256', { kind: 'string' })
    ]
  }
  return nullable('enrichment', { kind: 'struct', fields: [nullable(property, prediction)] })
}

function nullable(name: string, type: ColumnType): Column {
  return { name, type, nullable: true }
}
