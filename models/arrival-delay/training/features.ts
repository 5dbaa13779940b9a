import type { Feature } from '@sluice/inference/client'

const timeZone = 'America/New_York'

/** A column before its vocabulary is known. */
type Column = Feature | { readonly name: string; readonly pointer: string; readonly transform: 'code' }

/**
 * What the model sees of a `flight.scheduled` event, two hours before departure. Nothing else is known of a flight then
 * without weather or the state of the airport; those need a feature store.
 */
export const columns: readonly Column[] = [
  { name: 'carrier', pointer: '/data/carrier', transform: 'code' },
  { name: 'origin', pointer: '/data/origin', transform: 'code' },
  { name: 'destination', pointer: '/data/destination', transform: 'code' },
  { name: 'distance_miles', pointer: '/data/distance_miles', transform: 'number' },
  { name: 'scheduled_block_minutes', pointer: '/data/scheduled_block_minutes', transform: 'number' },
  { name: 'departure_minute', pointer: '/data/scheduled_departure', transform: 'minute_of_day', timeZone },
  { name: 'departure_weekday', pointer: '/data/scheduled_departure', transform: 'weekday', timeZone },
  // The year instead of the age: trees see the same order, and no clock is needed.
  { name: 'aircraft_manufactured', pointer: '/data/aircraft/manufactured', transform: 'number' },
  { name: 'aircraft_seats', pointer: '/data/aircraft/seats', transform: 'number' }
]

/** Rarer values share the code of unknown ones, so that the model has met an unknown value in training. */
const fewest = 50

/** Counts the texts of the `code` columns over the training part, and makes vocabularies of them. */
export function createVocabularies() {
  const counts = columns.map(() => new Map<string, number>())
  const texts = columns.map((column) => column.pointer.split('/').at(-1)!)
  return {
    count(data: Readonly<Record<string, unknown>>) {
      columns.forEach((column, i) => {
        const text = data[texts[i]!]
        if (column.transform === 'code' && typeof text === 'string') {
          counts[i]!.set(text, (counts[i]!.get(text) ?? 0) + 1)
        }
      })
    },
    /** The features as model.json declares them. Vocabularies are in alphabetical order. */
    features(): Feature[] {
      return columns.map((column, i) => {
        if (column.transform !== 'code') return column
        const common = [...counts[i]!].filter(([, count]) => count >= fewest)
        return { ...column, vocabulary: common.map(([text]) => text).toSorted() }
      })
    }
  }
}
