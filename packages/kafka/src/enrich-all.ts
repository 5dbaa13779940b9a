import { RefusedError, UnavailableError, type Checked, type KafkaRecord, type Log } from '@sluice/events'
import { reportBug } from './judge.ts'
import type { EnrichedRecord } from './types.ts'

export interface Enrichable<Item> {
  readonly record: KafkaRecord
  readonly item: Item
}

export interface EnrichDeps<Item> {
  readonly enrich: (items: readonly Item[], signal: AbortSignal) => Promise<readonly Checked<EnrichedRecord>[]>
  readonly signal: AbortSignal
  readonly log: Log
}

/**
 * Enriches a batch in one call. If our code throws on it, halves of it are tried, down to the records that it throws
 * on: those become dead letters, the others do not suffer. An outage of a dependency is thrown on.
 */
export async function enrichAll<Item>(
  batch: readonly Enrichable<Item>[],
  deps: EnrichDeps<Item>
): Promise<readonly Checked<EnrichedRecord>[]> {
  const [first] = batch
  if (!first) return []
  try {
    const items = batch.map(({ item }) => item)
    const answers = await deps.enrich(items, deps.signal)
    if (answers.length !== items.length) throw new Error(`${answers.length} answers for ${items.length} items`)
    return answers
  } catch (error) {
    if (deps.signal.aborted || error instanceof UnavailableError || error instanceof RefusedError) throw error
    if (batch.length === 1) return [reportBug(error, first.record, deps.log)]
    const half = Math.ceil(batch.length / 2)
    return [...(await enrichAll(batch.slice(0, half), deps)), ...(await enrichAll(batch.slice(half), deps))]
  }
}
