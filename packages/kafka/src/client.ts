import type { Log } from '@sluice/events'
import type { KafkaSettings } from './types.ts'

/** A cluster that we can talk to. Opened by openKafka; everything else of this package takes it. */
export interface Kafka {
  readonly settings: KafkaSettings
}

/** Prepares the way to a cluster; connects to nothing. */
export function openKafka(settings: KafkaSettings, deps: { readonly log: Log }): Kafka {
  throw new Error(`not there yet ${settings.clientId} ${typeof deps}`)
}
