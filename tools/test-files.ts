import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const all = (): string[] =>
  globSync('{packages,services,cli,tools,models,data}/**/*.test.ts', {
    cwd: root,
    exclude: (name) => name.includes('node_modules')
  }).toSorted()

/** Tests that start nothing. */
export function unitTests(): string[] {
  return all().filter((file) => !isLong(file))
}

/** Tests that use a real Kafka, S3 or Redis: those that import the testkit; and those that only take their time. */
export function integrationTests(): string[] {
  return all().filter(isLong)
}

/** Tests of the whole platform. */
export function endToEndTests(): string[] {
  return globSync(['e2e/*.test.ts', 'e2e/clients/*.test.ts'], { cwd: root }).toSorted()
}

/** Tests that break a whole platform on purpose. */
export function faultTests(): string[] {
  return globSync('e2e/faults/*.test.ts', { cwd: root }).toSorted()
}

function isLong(file: string): boolean {
  return file.endsWith('.slow.test.ts') || usesServers(file)
}

/** Whether a test, or what it takes from its own folder, imports the testkit. */
function usesServers(file: string): boolean {
  const texts = [...own(file, new Set())].map((path) => readFileSync(join(root, path), 'utf8'))
  return texts.some((text) => text.includes("'@sluice/testkit'"))
}

/** The file and everything that it imports by a relative path. */
function own(file: string, seen: Set<string>): Set<string> {
  if (seen.has(file) || !existsSync(join(root, file))) return seen
  seen.add(file)
  const text = readFileSync(join(root, file), 'utf8')
  for (const [, path = ''] of text.matchAll(/from '(\.[^']+\.ts)'/g)) own(join(dirname(file), path), seen)
  return seen
}
