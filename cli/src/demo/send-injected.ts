import { cloudEventsContentType, header, type Log } from '@sluice/events'
import { partitionOf, type TopicSpec } from '@sluice/contracts'
import { openLanes, type Kafka } from '@sluice/kafka'
import type { Answer, CollectorClient } from './collector-client.ts'
import type { Injected } from './injected-events.ts'

/** Where something ended up, and what the collector said, if it was asked. */
export interface Sent {
  readonly injected: Injected
  readonly answer: Answer | null
}

export interface SendDeps {
  readonly collector: CollectorClient
  readonly kafka: Kafka
  readonly raw: TopicSpec
  readonly log: Log
}

/** Sends the list in order, each after the answer to the one before: a repeat must come second. */
export async function sendInjected(list: readonly Injected[], deps: SendDeps): Promise<readonly Sent[]> {
  await using lanes = openLanes(deps.kafka, { topic: deps.raw }, { log: deps.log })
  const sent: Sent[] = []
  for (const injected of list) {
    const { via, event, text = JSON.stringify(event) } = injected
    if (via === 'raw') {
      const key = Buffer.from('EWR')
      const headers = { [header.contentType]: cloudEventsContentType }
      await lanes.send({ partition: partitionOf(key, deps.raw.partitions), key, value: Buffer.from(text), headers })
    }
    const answer =
      via === 'rest'
        ? await deps.collector.sendRest(text)
        : via === 'grpc' && event !== null
          ? await deps.collector.sendGrpc(event)
          : null
    sent.push({ injected, answer })
  }
  return sent
}
