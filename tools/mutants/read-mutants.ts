import { readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'

/** A hazard as a patch, and the test that has to notice it. */
export interface Mutant {
  readonly name: string
  /** The patch, with its header. */
  readonly path: string
  /** What goes wrong with it, in words. */
  readonly hazard: string
  /** The file of the test. */
  readonly file: string
  /** The test, by its name. */
  readonly test: string
  /** What the failure says: in its message, or the name of a function of the test in its stack. */
  readonly fails: string
}

/** Reads every patch of a folder, in the order of their names. Throws where a header is not complete. */
export function readMutants(folder: string): Mutant[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.patch'))
    .toSorted()
    .map((name) => parseMutant(join(folder, name), readFileSync(join(folder, name), 'utf8')))
}

/** The lines before the diff are `Key: value`; git leaves them alone. */
export function parseMutant(path: string, text: string): Mutant {
  const header = text.slice(0, text.indexOf('diff --git'))
  const field = (key: string): string => {
    const found = new RegExp(`^${key}: (.+)$`, 'm').exec(header)?.[1]
    if (found === undefined) throw new Error(`${path}: expected a line "${key}: …" before the diff, found none`)
    return found.trim()
  }
  return {
    name: basename(path, '.patch'),
    path,
    hazard: field('Hazard'),
    file: field('File'),
    test: field('Test'),
    fails: field('Fails')
  }
}
