import type { Contract, Contracts } from '@sluice/contracts'
import { sendCommand } from './shell-commands.ts'
import type { ContractPage, FieldRow } from './wire/contracts.ts'

/** What the stream says of a type, beside what its contract says. */
export interface TypeFigures {
  readonly seen: number
  readonly refused: number
  readonly lastSeenMs: number | null
  readonly perMinute: number | null
  readonly producers: readonly string[]
  readonly refusedByPointer: ReadonlyMap<string, number>
  /** Views of the real-time store and models that read a field, by pointer into the event. */
  readonly readers: ReadonlyMap<string, readonly string[]>
}

type Node = Readonly<Record<string, unknown>>

/** One contract as a page: sentence, facts, fields, example, how to send it. */
export function describeContract(contract: Contract, topic: Contracts['topics'], figures: TypeFigures): ContractPage {
  const schema = contract.schema as Node
  const [example] = (schema['examples'] as readonly unknown[] | undefined) ?? []
  const block = schema['x-contract'] as { pii?: Record<string, string> }
  const all = figures.seen + figures.refused
  return {
    type: contract.type,
    version: contract.version,
    title: contract.title,
    description: contract.description,
    owner: contract.owner,
    key: `/data${contract.keyPointer}`,
    table: contract.table,
    topic: topic.enriched.name,
    window: windowOf(contract),
    enrichment:
      contract.enrichment === null
        ? null
        : `${contract.enrichment.model}; while it is away its events ${contract.enrichment.onOutage === 'wait' ? 'wait' : 'pass without it'}`,
    producers: figures.producers,
    readers: ['batch-loader', 'realtime-loader'],
    file: `schemas/${contract.type}.json`,
    fields: fieldsOf(schema, { pointer: '/data', depth: 0, example, personal: block.pii ?? {}, figures }),
    example: example === undefined ? '' : JSON.stringify(example, null, 2),
    command: sendCommand(contract, example),
    perMinute: figures.perMinute,
    refused: figures.refused,
    refusedShare: all === 0 ? null : figures.refused / all,
    seen: figures.seen,
    lastSeenMs: figures.lastSeenMs
  }
}

interface At {
  readonly pointer: string
  readonly depth: number
  readonly example: unknown
  readonly personal: Readonly<Record<string, string>>
  readonly figures: TypeFigures
}

function fieldsOf(node: Node, at: At): FieldRow[] {
  const properties = (node['properties'] ?? {}) as Readonly<Record<string, Node>>
  const required = new Set((node['required'] as readonly string[] | undefined) ?? [])
  return Object.entries(properties).flatMap(([name, field]) => {
    const pointer = `${at.pointer}/${name}`
    const example = (at.example as Node | null | undefined)?.[name]
    const row: FieldRow = {
      name,
      depth: at.depth,
      type: typeInWords(field),
      required: required.has(name),
      meaning: textOf(field['description']),
      personal: at.personal[pointer.slice('/data'.length)] ?? '',
      example:
        example === undefined ? '' : typeof example === 'object' && example !== null ? '' : JSON.stringify(example),
      readBy: (at.figures.readers.get(pointer) ?? []).join(', '),
      refused: at.figures.refusedByPointer.get(pointer) ?? 0
    }
    const below = field['items'] === undefined ? field : (field['items'] as Node)
    return [row, ...fieldsOf(below, { ...at, pointer, depth: at.depth + 1, example })]
  })
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** `whole number, 0 to 2,400`; `text, at most 20 characters, or null` */
function typeInWords(node: Node): string {
  const types = [node['type']].flat() as string[]
  const words = kindInWords(types.find((type) => type !== 'null') ?? 'anything', node)
  return types.includes('null') ? `${words}, or null` : words
}

function kindInWords(type: string, node: Node): string {
  switch (type) {
    case 'integer':
      return `whole number${rangeOf(node)}`
    case 'number':
      return `number${rangeOf(node)}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return `list of at most ${number(node['maxItems'])}: ${typeInWords((node['items'] ?? {}) as Node)}`
    case 'object':
      return 'object'
    default:
      if (node['format'] === 'date-time') return 'time, RFC 3339'
      if (node['format'] === 'date') return 'date'
      if (node['format'] === 'int64') return 'whole number of 64 bits, as text'
      if (Array.isArray(node['enum'])) return `one of ${node['enum'].join(', ')}`
      return `text, at most ${number(node['maxLength'])} characters`
  }
}

function rangeOf(node: Node): string {
  const low = node['minimum'] ?? node['exclusiveMinimum']
  const high = node['maximum'] ?? node['exclusiveMaximum']
  return low === undefined || high === undefined ? '' : `, ${number(low)} to ${number(high)}`
}

function number(value: unknown): string {
  return Number(value)
    .toLocaleString('en-US', { useGrouping: Math.abs(Number(value)) > 9_999 })
    .replace('-', '−')
}

function windowOf({ window }: Contract): string {
  if (window.kind === 'absolute')
    return `${new Date(window.fromMs).toISOString().slice(0, 10)} to ${new Date(window.toMs).toISOString().slice(0, 10)}`
  return `${Math.round(window.pastMs / 3_600_000)} h back, ${Math.round(window.futureMs / 60_000)} min ahead of its arrival`
}
