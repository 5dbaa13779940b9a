import { allowsNull, typeOf, type SchemaNode } from '../schema-node.ts'
import type { Contract, Contracts } from '../types.ts'
import { dataSchema, exampleOf } from './data-schema.ts'
import { windowInWords } from './window-in-words.ts'

/** Pages for people, by file name: `README.md` lists the contracts, `<type>.md` tells one. */
export function toMarkdown(contracts: Contracts): ReadonlyMap<string, string> {
  return new Map([
    ['README.md', listPage(contracts)],
    ...contracts.all.map((contract) => [`${contract.type}.md`, contractPage(contract, contracts)] as const)
  ])
}

const written =
  '<!-- Written by `npm run sluice -- contracts export --format markdown --out docs/contracts` from schemas/. Do not edit. -->'

function listPage({ all, topics }: Contracts): string {
  return lines(
    written,
    '# Contracts',
    `An event is a CloudEvent in \`${topics.raw.name}\` and, once it is valid, in \`${topics.enriched.name}\`; its \`data\` holds to one of these. Each becomes a table of the lake.`,
    table(
      ['event type', 'version', 'owner', 'key', 'table', 'enriched by'],
      all.map((contract) => [
        `[${contract.type}](${contract.type}.md)`,
        contract.version,
        contract.owner,
        code(contract.keyPointer),
        code(contract.table),
        contract.enrichment?.model ?? ''
      ])
    )
  )
}

function contractPage(contract: Contract, { topics }: Contracts): string {
  const { enrichment, schema } = contract
  const { pii } = (schema as { 'x-contract': { pii: Readonly<Record<string, string>> } })['x-contract']
  const personal = Object.entries(pii).filter(([, kind]) => kind !== 'none')
  const example = exampleOf(contract)
  return lines(
    written,
    `# ${contract.title}`,
    contract.description,
    table(
      ['', ''],
      [
        ['event type', code(contract.type)],
        ['version', `${contract.version} (${code(contract.dataschema)})`],
        ['owner', contract.owner],
        ['key', code(contract.keyPointer)],
        ['topics', `${code(topics.raw.name)}, ${code(topics.enriched.name)}`],
        ['table', code(contract.table)],
        ['event times', windowInWords(contract.window)],
        [
          'enrichment',
          enrichment === null
            ? 'none'
            : `${code(`enrichment.${enrichment.property}`)} by the model ${enrichment.model}; while it is away, events ${enrichment.onOutage === 'wait' ? 'wait' : 'pass with `enrichment: null`'}`
        ],
        [
          'personal data',
          personal.length === 0 ? 'none' : personal.map(([at, kind]) => `${code(at)} (${kind})`).join(', ')
        ]
      ]
    ),
    '## Fields of `data`',
    table(['field', 'type', 'allowed', 'there', 'meaning'], fieldRows(dataSchema(contract), '')),
    ...(example === undefined ? [] : ['## Example', `\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``])
  )
}

function fieldRows(node: SchemaNode, prefix: string): string[][] {
  return Object.entries(node.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`
    const there = node.required?.includes(name) === true ? 'always' : 'perhaps'
    const rows = [
      [
        code(path),
        typeInWords(field),
        allowedInWords(field),
        `${there}${allowsNull(field) ? ', or null' : ''}`,
        field.description ?? ''
      ]
    ]
    const inner = typeOf(field) === 'array' ? field.items! : field
    return typeOf(inner) === 'object' ? [...rows, ...fieldRows(inner, `${path}${inner === field ? '' : '[]'}.`)] : rows
  })
}

function typeInWords(node: SchemaNode): string {
  const type = typeOf(node)
  return type === 'array' ? `list of ${typeInWords(node.items!)}` : (node.format ?? type)
}

function allowedInWords(node: SchemaNode): string {
  const { minLength, maxLength, pattern, minItems, maxItems, format } = node
  if (node.const !== undefined) return code(JSON.stringify(node.const))
  if (node.enum !== undefined) return node.enum.map((value) => code(JSON.stringify(value))).join(', ')
  switch (typeOf(node)) {
    case 'string':
      if (pattern !== undefined) return code(pattern)
      return format === undefined ? `${range(minLength ?? 0, maxLength)} characters` : ''
    case 'integer':
    case 'number':
      return `${node.minimum === undefined ? `> ${node.exclusiveMinimum}` : `≥ ${node.minimum}`}, ${node.maximum === undefined ? `< ${node.exclusiveMaximum}` : `≤ ${node.maximum}`}`
    case 'array':
      return `${range(minItems ?? 0, maxItems)} items${typeOf(node.items!) === 'object' ? '' : `; ${allowedInWords(node.items!)}`}`
    default:
      return ''
  }
}

function range(min: number, max: number | undefined): string {
  return min === max ? `${min}` : `${min} to ${max}`
}

function code(text: string): string {
  return `\`${text}\``
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}

function lines(...blocks: readonly string[]): string {
  return `${blocks.join('\n\n')}\n`
}
