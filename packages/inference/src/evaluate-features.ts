import { clockOf } from './local-clock.ts'
import type { Feature } from './model-info.ts'

/**
 * Turns events into the rows that a model takes: row-major, one row per event, one float32 column per feature.
 * The one place where a feature is computed, when a model is trained and when it is asked.
 * With `out` the rows are written to its beginning and `out` is returned; it must hold them.
 */
export function evaluateFeatures(
  features: readonly Feature[],
  events: readonly unknown[],
  out: Float32Array = new Float32Array(features.length * events.length)
): Float32Array {
  if (out.length < features.length * events.length) {
    throw new Error(`${events.length} rows of ${features.length} features do not fit into ${out.length} numbers`)
  }
  const columns = columnsOf(features)
  let next = 0
  // Storing into a Float32Array is Math.fround: the model sees the same bits in training and at run time.
  for (const event of events) for (const column of columns) out[next++] = column(event)
  return out
}

type Evaluate = (event: unknown) => number

const compiled = new WeakMap<readonly Feature[], readonly Evaluate[]>()

function columnsOf(features: readonly Feature[]): readonly Evaluate[] {
  const known = compiled.get(features)
  if (known) return known
  const columns = features.map(compile)
  compiled.set(features, columns)
  return columns
}

function compile(feature: Feature): Evaluate {
  const path = feature.pointer.split('/').slice(1).map(unescape)
  const valueIn = (event: unknown) => path.reduce(propertyOf, event)
  switch (feature.transform) {
    case 'number':
      return (event) => {
        const value = valueIn(event)
        return typeof value === 'number' ? value : NaN
      }
    case 'code': {
      const codes = new Map<unknown, number>(feature.vocabulary.map((text, code) => [text, code]))
      return (event) => codes.get(valueIn(event)) ?? -1
    }
    case 'minute_of_day':
    case 'weekday': {
      const clock = clockOf(feature.timeZone)
      const read = feature.transform === 'weekday' ? clock.weekday : clock.minuteOfDay
      return (event) => read(instantOf(valueIn(event)))
    }
    default:
      throw new Error(`feature ${(feature as Feature).name} has an unknown transform`)
  }
}

function instantOf(value: unknown): number {
  return typeof value === 'string' ? Date.parse(value) : NaN
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function unescape(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~')
}
