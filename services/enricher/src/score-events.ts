import type { EnrichmentPolicy } from '@sluice/contracts'
import { UnavailableError } from '@sluice/events'
import {
  evaluateFeatures,
  InferenceUnavailableError,
  type InferenceClient,
  type ModelInfo
} from '@sluice/inference/client'
import type { ValidEvent } from './check-event.ts'

/** What `data.enrichment.<property>` of an event becomes. */
export interface Score {
  /** Null where the model gave no usable number. */
  readonly probability: number | null
  readonly model: string
  readonly version: string
  readonly sha256: string
}

export interface ScoreDeps {
  readonly inference: InferenceClient
}

/** Scores the events of one policy: one call for all of them, none for none. Null: the model is away and the policy lets events pass. */
export type ScoreEvents = (
  policy: EnrichmentPolicy,
  events: readonly ValidEvent[]
) => Promise<readonly (Score | null)[]>

/**
 * Scores through the enrichment API. The enricher has no copy of a model: it reads which features the model wants,
 * evaluates them, and names the version in each call, so that features and model always belong together.
 */
export function createScore({ inference }: ScoreDeps): ScoreEvents {
  const models = new Map<string, ModelInfo>()

  async function modelOf(name: string): Promise<ModelInfo> {
    const known = models.get(name)
    if (known) return known
    const model = await inference.model(name)
    models.set(name, model)
    return model
  }

  return async function scoreEvents({ model: name, onOutage }, events) {
    try {
      const model = await modelOf(name)
      const rows = evaluateFeatures(
        model.features,
        events.map(({ event }) => event)
      )
      const scores = await inference.infer(model, rows, events.length)
      const { version, sha256 } = model
      return Array.from(scores, (score) => ({
        probability: Number.isNaN(score) ? null : score,
        model: name,
        version,
        sha256
      }))
    } catch (error) {
      // The next attempt asks which version is served now.
      if (error instanceof InferenceUnavailableError) models.delete(name)
      if (error instanceof UnavailableError && onOutage === 'pass') return events.map(() => null)
      throw error
    }
  }
}
