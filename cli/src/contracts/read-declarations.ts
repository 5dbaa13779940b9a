import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Reads } from '@sluice/contracts'

/** What each service says that it reads of events: `services/<name>/reads.ts`, by service. */
export async function readDeclarations(root: string): Promise<ReadonlyMap<string, Reads>> {
  const found = new Map<string, Reads>()
  for (const name of readdirSync(join(root, 'services')).toSorted()) {
    const file = join(root, 'services', name, 'reads.ts')
    if (!existsSync(file)) continue
    const { declareReads } = (await import(pathToFileURL(file).href)) as {
      declareReads: (folders: { schemas: string; models: string }) => Reads | Promise<Reads>
    }
    found.set(name, await declareReads({ schemas: join(root, 'schemas'), models: join(root, 'models') }))
  }
  return found
}

/** Services that read a field, something within it, or what it is within. The empty pointer is all of `data`. */
export function readersOf(declarations: ReadonlyMap<string, Reads>, type: string, pointer: string): readonly string[] {
  const place = pointer.replaceAll(/\/\d+(?=\/|$)/g, '')
  const touches = (field: string): boolean => `${place}/`.startsWith(`${field}/`) || `${field}/`.startsWith(`${place}/`)
  return [...declarations]
    .filter(([, reads]) => [...(reads[type] ?? []), ...(reads['*'] ?? [])].some(touches))
    .map(([service]) => service)
}
