import { join, resolve } from 'node:path'

/** The root of this repository. */
export const repoRoot: string = resolve(import.meta.dirname, '../../../..')

/** Where everything that runs or was fetched lives; deleting it costs time, never work. */
export const stateDir: string = join(repoRoot, '.sluice')

/** Third-party parts, fetched once. */
export const nativeDir: string = join(stateDir, 'native')

/** Says what is going on, for someone who waits. */
export type Say = (line: string) => void
