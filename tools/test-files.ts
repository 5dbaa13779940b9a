import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const all = (): string[] =>
  globSync('{packages,services,cli,tools,models,data}/**/*.test.ts', {
    cwd: root,
    exclude: (name) => name.includes('node_modules')
  }).toSorted()

/** Tests that start nothing. */
export function unitTests(): string[] {
  return all().filter((file) => !usesServers(file))
}

/** Tests that use a real Kafka, S3 or Redis: those that import the testkit. */
export function integrationTests(): string[] {
  return all().filter(usesServers)
}

/** Tests of the whole platform. */
export function endToEndTests(): string[] {
  return globSync('e2e/*.test.ts', { cwd: root }).toSorted()
}

/** Tests that break a whole platform on purpose. */
export function faultTests(): string[] {
  return globSync('e2e/faults/*.test.ts', { cwd: root }).toSorted()
}

function usesServers(file: string): boolean {
  return readFileSync(join(root, file), 'utf8').includes("'@sluice/testkit'")
}
