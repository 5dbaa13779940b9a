import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadContracts } from '@sluice/contracts'
import { RefusedError } from '@sluice/events'
import { exportContracts } from '../contracts/export-contracts.ts'
import { UsageError } from '../command.ts'
import { parseField, type Field } from './parse-field.ts'
import { mark, type Plan } from './plan.ts'

export interface EventOptions {
  /** `balloon.observed.v1` */
  readonly type: string
  /** Each as `parseField` reads it. */
  readonly fields: readonly string[]
  /** The field whose value keeps events in order; null: the first text, or one that is added. */
  readonly key: string | null
  readonly table: string | null
  readonly owner: string | null
  /** `email=contact`: classes of personal data by field. */
  readonly personal: readonly string[]
}

const typeName = /^([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+)\.v([1-9]\d{0,3})$/

/**
 * A contract for a new event type, examples of it, and what is generated from both. It holds to our own rules from the
 * start, but for the places that are marked. Throws UsageError with everything that is wrong with what was asked for.
 */
export async function planEvent(root: string, options: EventOptions): Promise<Plan> {
  const { type } = options
  const [, name, major] = typeName.exec(type) ?? []
  if (name === undefined) {
    throw new UsageError([
      `expected a name such as balloon.observed.v1 (what, what happened to it, major version); found "${type}"`
    ])
  }
  if (existsSync(join(root, 'schemas', `${type}.json`))) {
    throw new UsageError([
      `schemas/${type}.json is there already: a new optional field is a new minor version in it, ` +
        `anything else is ${name}.v${Number(major) + 1}`
    ])
  }
  const fields = readFields(name, options)
  const example = Object.fromEntries(fields.map(({ name, example }) => [name, example]))
  const own = new Map([
    [`schemas/${type}.json`, contractOf(name, Number(major), fields, example, options)],
    ...examplesOf(type, keyOf(fields, options), example)
  ])
  const made = await generate(root, own)
  return {
    files: new Map([...own, ...made]),
    next: [
      `fill what is marked ${mark} in schemas/${type}.json and schemas/examples/${type}/`,
      'npm run generate     # types and pages of the filled contract',
      'npm run check        # names every place that is still marked'
    ]
  }
}

function readFields(name: string, options: EventOptions): readonly Field[] {
  const read = options.fields.map(parseField)
  const problems = read.filter((field) => typeof field === 'string')
  const fields = read.filter((field) => typeof field !== 'string')
  const twice = fields.find((field, i) => fields.findIndex((other) => other.name === field.name) < i)
  if (twice !== undefined) problems.push(`--field: expected each name once; found ${twice.name} twice`)
  const isThere = (key: string) => fields.some((field) => field.name === key)
  const key = options.key ?? (fields.some(isKey) ? null : `${name.split('.')[0]}_id`)
  if (key !== null && isThere(key) && !fields.some((field) => field.name === key && isKey(field)))
    problems.push(`--key: expected a text that is always there, of 1 to 256 bytes; found ${key}`)
  if (problems.length > 0) throw new UsageError(problems)
  const added = key === null || isThere(key) ? [] : [parseField(`${key}:text:1..40`) as Field]
  return [...added, ...fields]
}

function isKey({ schema }: Field): boolean {
  return schema['type'] === 'string' && Number(schema['minLength']) >= 1 && Number(schema['maxLength']) <= 256
}

function keyOf(fields: readonly Field[], { key }: EventOptions): string {
  return key ?? fields.find(isKey)?.name ?? ''
}

function contractOf(name: string, major: number, fields: readonly Field[], example: object, options: EventOptions) {
  const words = name.replaceAll(/[._]/g, ' ')
  return json({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:sluice:${name}:${major}.0`,
    title: `${words[0]?.toUpperCase()}${words.slice(1)}`,
    description: `${mark}: what happened when this event is sent, and what its time is the time of.`,
    'x-contract': {
      owner: options.owner ?? name.split('.')[0]?.replaceAll('_', '-'),
      version: `${major}.0`,
      key: `/${keyOf(fields, options)}`,
      table: options.table ?? options.type.replaceAll('.', '_'),
      window: { past: 'P7D', future: 'PT5M' },
      pii: Object.fromEntries(
        options.personal.map((entry) => entry.split('=')).map(([field, kind]) => [`/${field}`, kind])
      )
    },
    type: 'object',
    properties: Object.fromEntries(fields.map(({ name, schema }) => [name, schema])),
    required: fields.map(({ name }) => name),
    additionalProperties: false,
    examples: [example]
  })
}

/** One that holds to the contract and one that does not, as `packages/contracts` tests them. */
function examplesOf(type: string, key: string, example: Readonly<Record<string, unknown>>): [string, string][] {
  const { [key]: _left, ...without } = example
  const folder = `schemas/examples/${type}`
  return [
    [`${folder}/valid-example.json`, json(example)],
    [`${folder}/invalid-without-key.json`, json({ data: without, pointer: `/data/${key}`, reason: 'contract' })]
  ]
}

/** Types and pages, from a folder that has the new files in it. */
async function generate(root: string, files: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-new-'))
  try {
    await cp(join(root, 'schemas'), join(dir, 'schemas'), { recursive: true })
    for (const [path, text] of files) {
      await mkdir(join(dir, path, '..'), { recursive: true })
      await writeFile(join(dir, path), text)
    }
    const contracts = await loadContracts(join(dir, 'schemas'))
    const types = await exportContracts('typescript', contracts, dir)
    const pages = await exportContracts('markdown', contracts, dir)
    return new Map([
      ...[...types].map(([name, text]): [string, string] => [`packages/contracts/src/generated/${name}`, text]),
      ...[...pages].map(([name, text]): [string, string] => [`docs/contracts/${name}`, text])
    ])
  } catch (error) {
    throw error instanceof RefusedError ? new UsageError(error.problems) : error
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** As the contracts are written: two spaces, short lists in one line. */
function json(value: unknown): string {
  const text = JSON.stringify(value, null, 2)
  return `${text.replaceAll(/\[\n\s+("[a-z]+"),\n\s+("null")\n\s+\]/g, '[$1, $2]').replaceAll(/\{\n\s+("past".*),\n\s+("future".*)\n\s+\}/g, '{ $1, $2 }')}\n`
}
