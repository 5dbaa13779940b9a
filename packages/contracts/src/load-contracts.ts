import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseJsonStrict, RefusedError, valueAt } from '@sluice/events'
import type { Ajv2020 } from 'ajv/dist/2020.js'
import { columnsOf } from './columns.ts'
import { compileValidator, createAjv } from './compile-validator.ts'
import { maxKeyBytes, readContractBlock, type ContractBlock } from './contract-block.ts'
import { lintSchema } from './lint-schema.ts'
import { loadTopics } from './load-topics.ts'
import { createReport, describe, isObject, type Report } from './report.ts'
import type { SchemaNode } from './schema-node.ts'
import type { Contract, Contracts } from './types.ts'

const maxFileBytes = 256 * 1024
const maxFileDepth = 16
const draft = 'https://json-schema.org/draft/2020-12/schema'
const fileName = /^([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)\.v([1-9]\d{0,3})\.json$/

/**
 * Loads the contracts of a folder: one `<name>.v<major>.json` per event type, and `topics.yaml`.
 * Throws RefusedError with every problem of every file, each naming file, pointer, expected and found.
 */
export async function loadContracts(dir: string): Promise<Contracts> {
  const problems: string[] = []
  const ajv = createAjv()
  const all: Contract[] = []
  for (const file of await listFiles(dir)) {
    const report = createReport(file)
    const contract = loadContract(file, await readFile(join(dir, file)), ajv, report)
    if (contract) all.push(contract)
    problems.push(...report.problems)
  }
  problems.push(...findDoubles(all))
  const topics = await loadTopics(dir).catch((error: unknown) => {
    if (error instanceof RefusedError) problems.push(...error.problems)
    else throw error
  })
  if (problems.length > 0 || !topics) throw new RefusedError(problems)
  const types = new Map(all.map((contract) => [contract.type, contract]))
  return { all, topics, byType: (type) => types.get(type) }
}

async function listFiles(dir: string): Promise<string[]> {
  let names: string[]
  try {
    names = await readdir(dir)
  } catch (error) {
    throw new RefusedError([`${dir}: expected a folder of contracts, found ${(error as Error).message}`], {
      cause: error
    })
  }
  const files = names.filter((name) => name.endsWith('.json')).toSorted()
  if (files.length === 0) throw new RefusedError([`${dir}: expected at least one contract, found none`])
  return files
}

function loadContract(file: string, bytes: Buffer, ajv: Ajv2020, report: Report): Contract | null {
  const schema = readSchema(bytes, report)
  if (!schema) return null
  const block = lintFile(file, schema, report)
  if (report.problems.length > 0) return null
  const contract = createContract(file, schema, block, ajv, report)
  if (contract) checkExamples(contract, schema['examples'], report)
  return contract
}

function readSchema(bytes: Buffer, report: Report): Readonly<Record<string, unknown>> | null {
  if (bytes.length > maxFileBytes) {
    report.problem('', `at most ${maxFileBytes} bytes`, `${bytes.length}`)
    return null
  }
  const parsed = parseJsonStrict(bytes, { maxDepth: maxFileDepth })
  if (!parsed.ok) {
    report.problem(parsed.pointer, 'JSON that says one thing only', `${parsed.code} (${parsed.message})`)
    return null
  }
  if (isObject(parsed.value)) return parsed.value
  report.problem('', 'a schema', describe(parsed.value))
  return null
}

function lintFile(file: string, schema: Readonly<Record<string, unknown>>, report: Report): ContractBlock {
  const { $schema, $id, title, description, examples } = schema
  if ($schema !== draft) report.problem('/$schema', `"${draft}"`, describe($schema))
  const [, name, major] = fileName.exec(file) ?? []
  if (name === undefined || major === undefined) {
    report.problem('', 'a file name such as order.placed.v1.json', file)
  } else {
    const version = valueAt(schema, '/x-contract/version')
    const id = `urn:sluice:${name}:${String(version)}`
    if ($id !== id) report.problem('/$id', `"${id}"`, describe($id))
    if (!String(version).startsWith(`${major}.`)) {
      report.problem('/x-contract/version', `"${major}.…", as the file name says`, describe(version))
    }
  }
  if (typeof title !== 'string' || title === '') report.problem('/title', 'a text', describe(title))
  if (typeof description !== 'string' || description === '')
    report.problem('/description', 'a text', describe(description))
  if (examples !== undefined && !Array.isArray(examples)) report.problem('/examples', 'a list', describe(examples))
  lintSchema(schema, report)
  return readContractBlock(schema, report)
}

function createContract(
  file: string,
  schema: Readonly<Record<string, unknown>>,
  block: ContractBlock,
  ajv: Ajv2020,
  report: Report
): Contract | null {
  const type = file.slice(0, -'.json'.length)
  const name = type.slice(0, type.lastIndexOf('.'))
  const [major, minor] = block.version.split('.').map(Number) as [number, number]
  try {
    return {
      type,
      name,
      major,
      minor,
      version: block.version,
      dataschema: `urn:sluice:${name}:${block.version}`,
      enrichedDataschema: `urn:sluice:${name}.enriched:${block.version}`,
      title: schema['title'] as string,
      description: schema['description'] as string,
      owner: block.owner,
      table: block.table,
      keyPointer: block.key,
      window: block.window,
      enrichment: block.enrichment,
      columns: columnsOf(schema as unknown as SchemaNode, block.enrichment),
      schema,
      checkData: compileValidator(ajv, schema),
      keyOf: (data) => readKey(data, block.key)
    }
  } catch (error) {
    report.problem('', 'a schema that Ajv compiles', (error as Error).message)
    return null
  }
}

function readKey(data: unknown, pointer: string): string | null {
  const key = valueAt(data, pointer)
  return typeof key === 'string' && key !== '' && Buffer.byteLength(key) <= maxKeyBytes ? key : null
}

function checkExamples(contract: Contract, examples: unknown, report: Report): void {
  for (const [i, example] of ((examples ?? []) as unknown[]).entries()) {
    const checked = contract.checkData(example)
    if (!checked.ok) report.problem(`/examples/${i}`, 'a document that holds to the contract', checked.problem.message)
  }
}

function findDoubles(all: readonly Contract[]): string[] {
  const problems: string[] = []
  const tables = new Map<string, string>()
  for (const { type, table } of all) {
    const other = tables.get(table)
    if (other)
      problems.push(`${type}.json#/x-contract/table: expected a table of its own, found "${table}" of ${other}`)
    tables.set(table, type)
  }
  return problems
}
