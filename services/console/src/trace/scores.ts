import { valueAt } from '@sluice/events'
import type { Journey } from '../wire/journey.ts'
import type { TraceDeps } from './trace-event.ts'

/** The prediction that an event carries, with what the model was given. Null: it carries none. */
export async function modelOf(
  { modelFeatures }: Pick<TraceDeps, 'modelFeatures'>,
  event: Readonly<Record<string, unknown>> | null
): Promise<Journey['model']> {
  const [score] = scoresOf(event)
  if (score === undefined) return null
  const features = (await modelFeatures(score.model).catch(() => null)) ?? []
  const inputs = features.map(({ name, pointer }) => {
    const value = valueAt(event, pointer)
    return { name, pointer, value: value === undefined ? 'missing' : JSON.stringify(value) }
  })
  return { name: score.model, version: score.version, probability: score.probability, inputs }
}

interface Score {
  readonly label: string
  readonly value: string
  readonly model: string
  readonly version: string
  readonly probability: number
}

/** What the models added to an event. */
export function scoresOf(event: Readonly<Record<string, unknown>> | null): Score[] {
  const enrichment = valueAt(event, '/data/enrichment')
  if (typeof enrichment !== 'object' || enrichment === null) return []
  return Object.entries(
    enrichment as Record<string, { probability?: number; model?: string; version?: string } | null>
  ).flatMap(([label, score]) =>
    typeof score?.probability === 'number'
      ? [
          {
            label: label.replaceAll('_', ' '),
            value: `${(score.probability * 100).toFixed(1)} %, ${score.model} version ${score.version}`,
            model: score.model ?? '',
            version: score.version ?? '',
            probability: score.probability
          }
        ]
      : []
  )
}
