import { join } from 'node:path'
import { loadContracts } from '@sluice/contracts'
import { repoRoot } from '@sluice/testkit'

/** Every table that the lake must have, in alphabetical order: one per contract, and `dead_letters`. */
export async function tableNames(): Promise<readonly string[]> {
  const { all } = await loadContracts(join(repoRoot, 'schemas'))
  return [...all.map(({ table }) => table), 'dead_letters'].toSorted()
}
