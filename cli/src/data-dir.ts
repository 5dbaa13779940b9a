import { basename, dirname, join, resolve } from 'node:path'
import { stateDir } from '@sluice/testkit'
import type { Option } from './command.ts'

export const dataDirOption: Option = {
  type: 'string',
  value: 'DIR',
  help: 'where the platform keeps its data',
  default: '$SLUICE_DATA_DIR, else .sluice/data',
  completes: 'folder'
}

/** The data folder that a command is about: `--data-dir`, else `SLUICE_DATA_DIR`, else `.sluice/data`. */
export function dataDirOf(option: unknown): string {
  const wanted = typeof option === 'string' ? option : process.env['SLUICE_DATA_DIR'] || join(stateDir, 'data')
  return resolve(wanted)
}

/** Where a platform on this data folder writes its logs. */
export function logDirOf(dataDir: string): string {
  return basename(dataDir) === 'data' ? join(dirname(dataDir), 'logs') : join(dataDir, 'logs')
}
