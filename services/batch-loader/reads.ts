import type { Reads } from '@sluice/contracts'

/** Every field of every event becomes a column. */
export function declareReads(): Reads {
  return { '*': [''] }
}
