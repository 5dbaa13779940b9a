import type { CheckedContract } from './check-contracts.ts'

/** The contracts that changed, for a person. */
export function printCheck(checked: readonly CheckedContract[]): string {
  return checked.map((contract) => `\n${printContract(contract)}`).join('')
}

function printContract(contract: CheckedContract): string {
  const { type, from, to, findings } = contract
  const versions = from === null ? `new, ${to}` : to === null ? `${from}, gone` : from === to ? from : `${from} → ${to}`
  return [
    `${type}  ${versions}  ${verdictOf(contract)}`,
    ...findings.flatMap(({ message, counterExample, readBy }) => [
      `  ${message}`,
      ...(counterExample === null
        ? []
        : [`    valid for the ${counterExample.validFor} one only: ${JSON.stringify(counterExample.data)}`]),
      `    read by: ${readBy.join(', ') || 'no service'}`
    ]),
    ...adviceOf(contract).map((line) => `  ${line}`),
    ''
  ].join('\n')
}

function verdictOf({ isCompatible, isStepMade }: CheckedContract): string {
  if (!isCompatible) return 'NOT COMPATIBLE'
  return isStepMade ? 'compatible' : 'compatible, but its version does not say so'
}

function adviceOf({ type, change, from, to, needed, isCompatible, isStepMade }: CheckedContract): string[] {
  const [, name = '', major = '0'] = /^(.*)\.v(\d+)$/.exec(type) ?? []
  if (change === 'removed') return [`needed: schemas/${type}.json, until no topic holds such events any more`]
  if (!isCompatible) {
    const next = `${name}.v${Number(major) + 1}`
    return [`needed: this contract as it was; the change in schemas/${next}.json, with a table of its own`]
  }
  if (!isStepMade) {
    const [, minor = '0'] = (from ?? '').split('.')
    return [
      `needed: x-contract.version ${needed === 'none' ? `${from} or later` : `${major}.${Number(minor) + 1}`} (and $id), found ${to}`
    ]
  }
  return needed === 'minor' ? ['deploy: loaders, then enricher, then collector, then producers'] : []
}
