import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Contracts } from '@sluice/contracts'
import { toAsyncapi, toMarkdown, toOdcs } from '@sluice/contracts/export'
import { stringify } from 'yaml'
import type { ExportFormat } from './export-formats.ts'

/** Texts by file name. */
type Files = ReadonlyMap<string, string>

/** The contracts of the repository at `root` as documents of others. */
export async function exportContracts(format: ExportFormat, contracts: Contracts, root: string): Promise<Files> {
  switch (format) {
    case 'asyncapi': {
      const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
      return new Map([['asyncapi.yaml', toYaml(toAsyncapi(contracts, version))]])
    }
    case 'odcs':
      return new Map(
        contracts.all.map((contract) => [`${contract.type}.odcs.yaml`, toYaml(toOdcs(contract, 's3://lake/bronze'))])
      )
    case 'markdown':
      return toMarkdown(contracts)
    default:
      return new Map([['event-data.ts', await generateTypes(root)]])
  }
}

function toYaml(document: object): string {
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })
}

/** By the tool that writes them for our own code. */
async function generateTypes(root: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-types-'))
  try {
    const target = join(dir, 'event-data.ts')
    const tool = join(import.meta.dirname, '../../../tools/generate-types.ts')
    await promisify(execFile)(process.execPath, [tool, '--schemas', join(root, 'schemas'), '--target', target])
    return await readFile(target, 'utf8')
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** All in one text, for a pipe. */
export function joinFiles(files: Files): string {
  const isYaml = [...files.keys()].every((name) => extname(name) === '.yaml')
  return [...files.values()].join(isYaml ? '---\n' : '\n')
}

export async function writeFiles(files: Files, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true })
  for (const [name, text] of files) await writeFile(join(dir, name), text)
}

/** Files of a folder that are not what they would be if they were written now, and those of contracts that are gone. */
export async function staleFiles(files: Files, dir: string): Promise<readonly string[]> {
  const ends = [...files.keys()].map((name) => name.slice(name.lastIndexOf('.')))
  const found = (await readdir(dir).catch(() => [])).filter((name) => ends.some((end) => name.endsWith(end)))
  const stale: string[] = found.filter((name) => !files.has(name))
  for (const [name, text] of files) {
    if ((await readFile(join(dir, name), 'utf8').catch(() => null)) !== text) stale.push(name)
  }
  return stale.toSorted()
}
