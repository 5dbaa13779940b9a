import type { Column, Contract, Contracts } from '@sluice/contracts'
import { deltaSchema, type DeltaSchema } from './delta-schema.ts'
import { sqlName, sqlText } from './sql-types.ts'
import type { LakeColumn, TableSpec } from './types.ts'

/** The column that every table is partitioned by: a UTC date. Its values are in the log, not in the files. */
export const partitionColumn = 'event_date'

/** Every bronze table: one per contract, and `dead_letters`. */
export function bronzeTables(contracts: Contracts): readonly TableSpec[] {
  return [...contracts.all.map(eventTable), deadLetters]
}

const eventDate: LakeColumn = { name: partitionColumn, type: { kind: 'date' }, nullable: false }

/** The Delta schema of a contract's table. */
export function deltaSchemaOf(contract: Contract): DeltaSchema {
  return deltaSchema(eventTable(contract).columns)
}

/**
 * The table of a contract. A spooled line is `{"p":3,"o":12,"r":15,"e":{…}}`: partition, offset, raw offset, and the
 * event as it stands in Kafka.
 */
export function eventTable(contract: Contract): TableSpec {
  const data: Column = { name: 'data', type: { kind: 'struct', fields: contract.columns }, nullable: false }
  const envelope: readonly Column[] = [
    text('id'),
    text('source'),
    text('type'),
    timestamp('time'),
    timestamp('receivedtime'),
    data
  ]
  const columns: readonly LakeColumn[] = [
    { ...text('event_id'), nullable: false },
    { ...text('event_source'), nullable: false },
    { ...timestamp('event_time'), nullable: false },
    timestamp('received_at'),
    ...contract.columns,
    { name: 'kafka_partition', type: { kind: 'integer' }, nullable: false },
    { name: 'kafka_offset', type: { kind: 'long' }, nullable: false },
    long('raw_offset'),
    eventDate
  ]
  const expressions: Record<string, string> = {
    event_id: sqlName('e', 'id'),
    event_source: sqlName('e', 'source'),
    event_time: sqlName('e', 'time'),
    received_at: sqlName('e', 'receivedtime'),
    kafka_partition: 'p',
    kafka_offset: 'o',
    raw_offset: 'r',
    event_date: utcDate(sqlName('e', 'time'))
  }
  for (const { name } of contract.columns) expressions[name] = sqlName('e', 'data', name)
  const filled = columns.filter((column) => !column.nullable).map(({ name }) => `${expressions[name]} IS NOT NULL`)
  return {
    name: contract.table,
    title: contract.title,
    columns,
    line: [
      { name: 'p', type: { kind: 'integer' }, nullable: false },
      { ...long('o'), nullable: false },
      long('r'),
      { name: 'e', type: { kind: 'struct', fields: envelope }, nullable: false }
    ],
    expressions,
    isValid: [`${sqlName('e', 'type')} = ${sqlText(contract.type)}`, ...filled, isDate('event_date')].join(' AND '),
    sortBy: ['event_time', 'kafka_partition', 'kafka_offset']
  }
}

/** Columns of `dead_letters` as a spooled line names them; bytes travel as base64. */
const deadLetterColumns: readonly Column[] = [
  /** `<topic>/<partition>/<offset>` of the record, for whoever replays it. */
  { ...text('dead_letter_id'), nullable: false },
  { ...text('reason'), nullable: false },
  text('pointer'),
  text('message'),
  /** `flight.scheduled:1.0`, where the type is known. */
  text('contract'),
  text('identity'),
  text('service'),
  text('service_version'),
  { ...timestamp('dead_letter_time'), nullable: false },
  text('origin_topic'),
  integer('origin_partition'),
  long('origin_offset'),
  /** Repeats: where the first one is. */
  integer('first_partition'),
  long('first_offset'),
  text('key'),
  text('value'),
  /** The record's own headers, a JSON object of texts; bytes that are no text are {"base64": …}. */
  text('headers'),
  timestamp('kafka_timestamp'),
  { ...text('kafka_topic'), nullable: false },
  { ...integer('kafka_partition'), nullable: false },
  { ...long('kafka_offset'), nullable: false }
]

/** Everything that could not be loaded, and every repeat. */
export const deadLetters: TableSpec = {
  name: 'dead_letters',
  title: 'Dead letters',
  columns: [
    ...deadLetterColumns.map((column) =>
      column.name === 'key' || column.name === 'value' ? { ...column, type: { kind: 'binary' } as const } : column
    ),
    eventDate
  ],
  line: deadLetterColumns,
  expressions: {
    ...Object.fromEntries(deadLetterColumns.map(({ name }) => [name, sqlName(name)])),
    key: 'from_base64("key")',
    value: 'from_base64("value")',
    event_date: utcDate('dead_letter_time')
  },
  isValid: 'true',
  sortBy: ['dead_letter_time', 'kafka_topic', 'kafka_partition', 'kafka_offset']
}

function text(name: string): Column {
  return { name, type: { kind: 'string' }, nullable: true }
}

function timestamp(name: string): Column {
  return { name, type: { kind: 'timestamp' }, nullable: true }
}

function integer(name: string): Column {
  return { name, type: { kind: 'integer' }, nullable: true }
}

function long(name: string): Column {
  return { name, type: { kind: 'long' }, nullable: true }
}

function utcDate(timestamptz: string): string {
  return `CAST(${timestamptz} AT TIME ZONE 'UTC' AS DATE)`
}

function isDate(column: string): string {
  return `${sqlName(column)} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'`
}
