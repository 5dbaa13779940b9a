import type { Log } from '@sluice/events'
import type { Kafka } from './client.ts'
import type { Lanes, LanesOptions } from './types.ts'

export function openLanes(_kafka: Kafka, _options: LanesOptions, _deps: { readonly log: Log }): Lanes {
  throw new Error('not there yet')
}
