import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadContracts, type Contracts } from '@sluice/contracts'
import { uniqueName } from '@sluice/testkit'

export interface OwnContracts extends Contracts {
  readonly dir: string
}

/** A copy of the contracts with topics that no other test uses. */
export async function ownContracts(schemasDir: string, dir: string): Promise<OwnContracts> {
  await cp(schemasDir, dir, { recursive: true })
  const prefix = uniqueName('producer')
  const topics = await readFile(join(dir, 'topics.yaml'), 'utf8')
  await writeFile(join(dir, 'topics.yaml'), topics.replaceAll(/^( *name: )/gm, `$1${prefix}.`))
  return { ...(await loadContracts(dir)), dir }
}
