// node tools/generate-types.ts: writes the TypeScript types of all event types.
//   [--schemas DIR] [--target FILE] --check: writes nothing, names what is stale and exits 1.
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { compile } from 'json-schema-to-typescript'
import { loadContracts, type Contract } from '../packages/contracts/src/index.ts'
import { commandLine } from './command-line.ts'

const { values } = commandLine(import.meta.filename, {
  options: {
    check: { type: 'boolean', default: false },
    schemas: { type: 'string', default: inRepository('schemas') },
    target: { type: 'string', default: inRepository('packages/contracts/src/generated/event-data.ts') }
  }
})

const { all } = await loadContracts(values.schemas)
const wanted = await generate(all)
if (!values.check) {
  await writeFile(values.target, wanted)
} else {
  const stale = staleParts(await readFile(values.target, 'utf8').catch(() => ''), wanted)
  if (stale.length > 0) {
    console.error(`stale: ${stale.join(', ')}; run: node tools/generate-types.ts`)
    process.exitCode = 1
  }
}

function inRepository(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url))
}

async function generate(contracts: readonly Contract[]): Promise<string> {
  const parts = ['// Written by tools/generate-types.ts from schemas/. Do not edit.']
  for (const { type, schema } of contracts) {
    const source = await compile({ ...withoutTitles(schema), title: typeName(type) }, typeName(type), {
      bannerComment: '',
      ignoreMinAndMaxItems: true,
      style: { semi: false, singleQuote: true, printWidth: 120, trailingComma: 'none' }
    })
    parts.push(source.trim())
  }
  const members = contracts.map(({ type }) => `  '${type}': ${typeName(type)}`)
  parts.push(`/** \`data\` by event type. */\nexport interface EventData {\n${members.join('\n')}\n}`)
  return `${parts.join('\n\n')}\n`
}

/** `flight.scheduled.v1` → `FlightScheduledV1` */
function typeName(type: string): string {
  return type.replaceAll(/(?:^|[._])([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** A title or an id would become the name of a type of its own, and two contracts may have the same one inside. */
function withoutTitles(schema: object): object {
  const text = JSON.stringify(schema, (key, value: unknown) =>
    (key === 'title' || key === '$id') && typeof value === 'string' ? undefined : value
  )
  return JSON.parse(text) as object
}

function staleParts(found: string, wanted: string): string[] {
  if (found === wanted) return []
  const have = new Set(found.split(/\n\n(?=\/\*\*|export)/))
  const changed = wanted.split(/\n\n(?=\/\*\*|export)/).filter((part) => !have.has(part))
  const names = changed.map((part) => /^export interface (\w+)/m.exec(part)?.[1] ?? 'the heading')
  return names.length > 0 ? names : ['more than there are contracts']
}
