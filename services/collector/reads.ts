import { loadContracts, type Reads } from '@sluice/contracts'

/** Of what it publishes only the key, for the partition. (What `/v1/events/validate` says is the contract's own answer.) */
export async function declareReads({ schemas }: { readonly schemas: string }): Promise<Reads> {
  const { all } = await loadContracts(schemas)
  return Object.fromEntries(all.map(({ type, keyPointer }) => [type, [keyPointer]]))
}
