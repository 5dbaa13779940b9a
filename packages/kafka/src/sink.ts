import type { Kafka } from './client.ts'
import type { RunDeps, RunningSink, SinkOptions } from './types.ts'

export function runSink(_kafka: Kafka, _options: SinkOptions, _deps: RunDeps): RunningSink {
  throw new Error('not there yet')
}
