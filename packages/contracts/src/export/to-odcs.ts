import { allowsNull, typeOf, type SchemaNode } from '../schema-node.ts'
import type { Column, ColumnType, Contract } from '../types.ts'
import { dataSchema, enrichedSchema } from './data-schema.ts'
import { windowInWords } from './window-in-words.ts'

/**
 * One contract as a document of the Open Data Contract Standard 3.2: the bronze table that its events become, with
 * every column. `lake` is where the tables are, `s3://lake/bronze`.
 */
export function toOdcs(contract: Contract, lake: string): object {
  const { title, description, table, window, keyPointer } = contract
  const pii = (contract.schema as { 'x-contract': { pii: Readonly<Record<string, string>> } })['x-contract'].pii
  const data = enrichedSchema(contract) ?? dataSchema(contract)
  return {
    apiVersion: 'v3.2.0',
    kind: 'DataContract',
    id: contract.dataschema,
    name: contract.type,
    version: contract.version,
    status: 'active',
    description: {
      purpose: description,
      limitations: `Event times ${windowInWords(window)}; other events are dead letters.`
    },
    team: { name: contract.owner },
    servers: [{ server: 'lake', type: 's3', location: `${lake}/${table}`, format: 'delta' }],
    schema: [
      {
        name: table,
        businessName: title,
        logicalType: 'object',
        physicalType: 'table',
        physicalName: table,
        description,
        dataGranularityDescription: 'One row per event.',
        properties: [
          ...before.map(envelopeProperty),
          ...dataProperties(data, contract.columns, pii),
          ...after.map(envelopeProperty)
        ]
      }
    ],
    customProperties: [
      { property: 'eventType', value: contract.type },
      { property: 'key', value: keyPointer },
      ...(contract.enrichment === null ? [] : [{ property: 'enrichedBy', value: contract.enrichment.model }])
    ]
  }
}

type EnvelopeColumn = readonly [name: string, kind: Column['type']['kind'], required: boolean, description: string]

/** Columns that every bronze table has beside those of `data`, as packages/lake writes them. */
const before: readonly EnvelopeColumn[] = [
  ['event_id', 'string', true, 'id of the CloudEvent'],
  ['event_source', 'string', true, 'source of the CloudEvent'],
  ['event_time', 'timestamp', true, 'time of the CloudEvent'],
  ['received_at', 'timestamp', false, 'when the collector took it']
]
const after: readonly EnvelopeColumn[] = [
  ['kafka_partition', 'integer', true, 'partition of the enriched record'],
  ['kafka_offset', 'long', true, 'offset of the enriched record'],
  ['raw_offset', 'long', false, 'offset of the raw record in the same partition'],
  ['event_date', 'date', true, 'UTC date of event_time']
]

function envelopeProperty([name, kind, required, description]: EnvelopeColumn): object {
  const partition = name === 'event_date' && { partitioned: true, partitionKeyPosition: 1 }
  return { name, ...typeOfColumn({ kind } as ColumnType), required, description, ...partition }
}

function dataProperties(
  node: SchemaNode,
  columns: readonly Column[],
  pii: Readonly<Record<string, string>>,
  at = ''
): object[] {
  return columns.map(({ name, type, nullable }) => {
    const field = node.properties?.[name]
    const pointer = `${at}/${name}`
    const personal = pii[pointer]
    return {
      name,
      ...property(field, type, pii, pointer),
      required: !nullable,
      ...(field?.description !== undefined && { description: field.description }),
      ...(personal !== undefined && personal !== 'none' && { classification: `personal: ${personal}` })
    }
  })
}

/** Type, options and what is inside. */
function property(
  node: SchemaNode | undefined,
  type: ColumnType,
  pii: Readonly<Record<string, string>>,
  at: string
): object {
  const options = node === undefined ? {} : optionsOf(node, type)
  const values = node?.enum ?? (node?.const === undefined ? undefined : [node.const])
  return {
    ...typeOfColumn(type),
    ...(Object.keys(options).length > 0 && { logicalTypeOptions: options }),
    ...(values !== undefined && { enum: values.filter((value) => value !== null).map((value) => ({ value })) }),
    ...(type.kind === 'struct' && { properties: dataProperties(node ?? { type: 'object' }, type.fields, pii, at) }),
    ...(type.kind === 'list' && {
      items: { name: 'item', ...property(node?.items, type.element, pii, at), ...isRequired(node?.items) }
    })
  }
}

function isRequired(item: SchemaNode | undefined): object {
  return { required: item !== undefined && !allowsNull(item) }
}

function typeOfColumn({ kind }: ColumnType): { logicalType: string; physicalType: string } {
  const logical = {
    string: 'string',
    long: 'integer',
    integer: 'integer',
    double: 'number',
    boolean: 'boolean'
  } as const
  const others = { timestamp: 'timestamp', date: 'date', list: 'array', struct: 'object' } as const
  const physical = kind === 'list' ? 'array' : kind
  return { logicalType: { ...logical, ...others }[kind], physicalType: physical }
}

function optionsOf(node: SchemaNode, { kind }: ColumnType): object {
  const { minLength, maxLength, pattern, minItems, maxItems, minimum, maximum, exclusiveMinimum, exclusiveMaximum } =
    node
  if (kind === 'string') return defined({ minLength, maxLength, pattern })
  if (kind === 'list') return defined({ minItems, maxItems })
  if (kind === 'timestamp') return { timezone: true }
  if (kind === 'double') return { ...defined({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }), format: 'f64' }
  if (kind !== 'integer' && kind !== 'long') return {}
  const bounds = typeOf(node) === 'string' ? {} : defined({ minimum, maximum, exclusiveMinimum, exclusiveMaximum })
  return { ...bounds, format: kind === 'long' ? 'i64' : 'i32' }
}

function defined(options: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
