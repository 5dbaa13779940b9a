import type { Contract, Contracts, Reads } from '@sluice/contracts'
import { compareContracts, type Finding, type Step } from '@sluice/contracts/compare'
import { readersOf } from './read-declarations.ts'

/** What became of one event type. */
export interface CheckedContract {
  readonly type: string
  readonly change: 'added' | 'removed' | 'changed' | 'same'
  /** Null: there is none on that side. */
  readonly from: string | null
  readonly to: string | null
  /** Whether it may go on as the same event type, in the same table. */
  readonly isCompatible: boolean
  readonly needed: Step
  readonly isStepMade: boolean
  readonly findings: readonly (Finding & { readonly readBy: readonly string[] })[]
}

/** Compares the contracts of two revisions, event type by event type; those with nothing to say of are left out. */
export function checkContracts(
  old: readonly Contract[],
  now: Contracts,
  declarations: ReadonlyMap<string, Reads>
): readonly CheckedContract[] {
  const before = new Map(old.map((contract) => [contract.type, contract]))
  const removed = old.filter(({ type }) => now.byType(type) === undefined).map(removal)
  const others = now.all.map((contract) => {
    const earlier = before.get(contract.type)
    return earlier === undefined ? addition(contract) : comparison(earlier, contract)
  })
  return [...removed, ...others]
    .filter(({ change }) => change !== 'same')
    .toSorted((a, b) => (a.type < b.type ? -1 : 1))

  function comparison(earlier: Contract, contract: Contract): CheckedContract {
    const { findings, needed, isStepMade } = compareContracts(earlier, contract)
    const isSame = findings.length === 0 && earlier.version === contract.version
    return {
      type: contract.type,
      change: isSame ? 'same' : 'changed',
      from: earlier.version,
      to: contract.version,
      isCompatible: needed !== 'major',
      needed,
      isStepMade,
      findings: findings.map((finding) => ({
        ...finding,
        readBy: readersOf(declarations, contract.type, finding.pointer)
      }))
    }
  }

  function removal({ type, version }: Contract): CheckedContract {
    const message = 'the contract is gone: events of it that are still in the topics become dead letters, unknown_type'
    const readBy = readersOf(declarations, type, '')
    return {
      type,
      change: 'removed',
      from: version,
      to: null,
      isCompatible: false,
      needed: 'major',
      isStepMade: false,
      findings: [
        {
          message,
          pointer: '',
          needed: 'major',
          counterExample: null,
          readBy
        }
      ]
    }
  }
}

function addition({ type, version }: Contract): CheckedContract {
  return {
    type,
    change: 'added',
    from: null,
    to: version,
    isCompatible: true,
    needed: 'none',
    isStepMade: true,
    findings: []
  }
}
