import { join } from 'node:path'

/** The repository's own data/ and schemas/. */
export const dataDir = join(import.meta.dirname, '../../../../data')
export const schemasDir = join(import.meta.dirname, '../../../../schemas')
