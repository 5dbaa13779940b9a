import type { EnrichmentPolicy } from '@sluice/contracts'
import { cloudEventsContentType, header, ok, spliceIntoData, type Checked } from '@sluice/events'
import type { EnrichedRecord } from '@sluice/kafka'
import type { ValidEvent } from './check-event.ts'
import type { Score, ScoreEvents } from './score-events.ts'

export interface EnrichDeps {
  readonly score: ScoreEvents
}

/**
 * Adds `enrichment` inside `data` of the events whose contract asks for it. The bytes of `data` are never rewritten:
 * the addition is spliced in, and events without a policy pass as they are.
 */
export function createEnrich({ score }: EnrichDeps) {
  return async function enrich(events: readonly ValidEvent[]): Promise<readonly Checked<EnrichedRecord>[]> {
    const enrichments = new Map<ValidEvent, string>()
    for (const [policy, group] of byPolicy(events)) {
      const scores = await score(policy, group)
      for (const [i, event] of group.entries()) enrichments.set(event, enrichmentOf(policy, scores[i] ?? null))
    }
    return events.map((event) => ok(recordOf(event, enrichments.get(event))))
  }
}

/** Types that ask for the same model in the same way share one call. */
function byPolicy(events: readonly ValidEvent[]): [EnrichmentPolicy, ValidEvent[]][] {
  const groups = new Map<string, [EnrichmentPolicy, ValidEvent[]]>()
  for (const event of events) {
    const policy = event.contract.enrichment
    if (policy === null) continue
    const name = `${policy.model} ${policy.onOutage}`
    const group = groups.get(name) ?? [policy, []]
    group[1].push(event)
    groups.set(name, group)
  }
  return [...groups.values()]
}

function enrichmentOf({ property }: EnrichmentPolicy, score: Score | null): string {
  return score === null ? 'null' : JSON.stringify({ [property]: score })
}

function recordOf({ contract, event, key, value }: ValidEvent, enrichment: string | undefined): EnrichedRecord {
  return {
    key,
    value:
      enrichment === undefined ? value : spliceIntoData(value, 'enrichment', enrichment, contract.enrichedDataschema),
    headers: {
      [header.contentType]: cloudEventsContentType,
      [header.eventType]: event.type,
      // What the event was held to, not what it claims: an older reader must stop at what it may not understand.
      [header.contractVersion]: contract.version
    }
  }
}
