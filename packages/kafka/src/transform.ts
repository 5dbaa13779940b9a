import type { Kafka } from './client.ts'
import type { RunDeps, Running, TransformOptions } from './types.ts'

export function runTransform<Item>(_kafka: Kafka, _options: TransformOptions<Item>, _deps: RunDeps): Running {
  throw new Error('not there yet')
}
