import type { Reads } from '@sluice/contracts'

/** Holds every event to its whole contract. The features of a model are among its fields. */
export function declareReads(): Reads {
  return { '*': [''] }
}
