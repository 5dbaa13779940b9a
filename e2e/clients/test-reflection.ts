import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Shared } from './run-client.ts'

type Services = Readonly<Record<string, readonly string[]>>

const everywhere = [
  'grpc.health.v1.Health',
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection'
]

export function testReflection(shared: () => Shared): void {
  // What grpcurl does first, for machines too on which there is none.
  describe('the reflection client of grpcio', () => {
    it('learns what can be called of the collector and of the model', async () => {
      const { run, runner } = shared()
      const addresses = [run.platform.address('collector', 8081), run.platform.address('enrichment-api', 8001)]
      const [collector, model] = await runner.python<[Services, Services]>('read_reflection.py', addresses)
      assert.deepEqual(Object.keys(collector).toSorted(), [...everywhere, 'sluice.collector.v1.Collector'])
      assert.deepEqual(Object.keys(model).toSorted(), [...everywhere, 'inference.GRPCInferenceService'])
      assert.ok(collector['sluice.collector.v1.Collector']?.includes('Publish'))
      assert.ok(model['inference.GRPCInferenceService']?.includes('ModelInfer'))
    })
  })
}
