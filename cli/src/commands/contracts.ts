import { join } from 'node:path'
import { loadContracts, type Contracts } from '@sluice/contracts'
import { repoRoot } from '@sluice/testkit'
import { checkContracts } from '../contracts/check-contracts.ts'
import { findBaseline } from '../contracts/find-baseline.ts'
import { printCheck } from '../contracts/print-check.ts'
import { readDeclarations } from '../contracts/read-declarations.ts'
import type { Command } from '../run-command.ts'

export const contracts: Command = {
  name: 'contracts',
  summary: 'compares the contracts with those of another revision: contracts check',
  options: { against: { type: 'string' }, json: { type: 'boolean' }, root: { type: 'string' } },
  help: {
    against: 'check: a revision of git; the last release tag if not said, else main, else the commit before',
    json: 'check: as JSON',
    root: 'the repository, if not this one'
  },
  operand: 'action',
  async run(values) {
    const root = typeof values['root'] === 'string' ? values['root'] : repoRoot
    const here = await loadContracts(join(root, 'schemas'))
    const against = typeof values['against'] === 'string' ? values['against'] : null
    if (values['action'] === 'check') return check(root, here, against, values['json'] === true)
    throw new TypeError(`contracts check, not ${String(values['action'] ?? 'nothing')}`)
  }
}

async function check(root: string, here: Contracts, against: string | null, json: boolean): Promise<number> {
  await using baseline = await findBaseline(root, against)
  if (baseline === null) {
    console.log(
      json
        ? JSON.stringify({ against: null, ok: true, contracts: [] })
        : 'there is no other revision to compare the contracts with'
    )
    return 0
  }
  const { ref, why, commit, dir } = baseline
  const old = dir === null ? [] : (await loadContracts(dir)).all
  const changed = checkContracts(old, here, await readDeclarations(root))
  const ok = changed.every(({ isCompatible, isStepMade }) => isCompatible && isStepMade)
  if (json) {
    console.log(JSON.stringify({ against: { ref, why, commit }, ok, contracts: changed }, null, 2))
  } else {
    const what = changed.length === 0 ? 'nothing changed' : `${changed.length} changed`
    console.log(`${here.all.length} contracts against ${ref} (${why}, ${commit.slice(0, 10)}): ${what}`)
    process.stdout.write(printCheck(changed))
  }
  return ok ? 0 : 1
}
