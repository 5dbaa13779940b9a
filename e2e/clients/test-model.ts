import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { repoRoot } from '@sluice/testkit'
import type { Shared } from './run-client.ts'

type Both<T> = readonly [http: T, grpc: T]
type Failure = readonly [status: string, message: string]

interface Answers {
  readonly golden: readonly number[]
  readonly onnxruntime: readonly number[]
  readonly scores: Readonly<Record<string, readonly number[]>>
  readonly ready: Both<boolean>
  readonly 'unknown is ready': Both<boolean>
  readonly metadata: Both<Readonly<Record<string, unknown>>>
  readonly server: Both<string>
  readonly config: Both<number>
  readonly index: Both<string>
  readonly errors: Readonly<Record<string, Both<Failure>>>
}

export function testModel(shared: () => Shared): void {
  describe('tritonclient', () => {
    let answers: Answers

    it('gets the numbers of Python’s onnxruntime over HTTP and gRPC, in every form of tensors', async () => {
      const { run, runner } = shared()
      const addresses = [run.platform.address('enrichment-api', 8000), run.platform.address('enrichment-api', 8001)]
      answers = await runner.python('triton.py', [...addresses, join(repoRoot, 'models/arrival-delay/1')])
      const { golden, onnxruntime, scores } = answers
      assert.equal(golden.length, 114)
      for (const [way, given] of Object.entries(scores)) {
        assert.equal(given.length, golden.length, way)
        given.forEach((score, i) => {
          assert.ok(Math.abs(score - Number(onnxruntime[i])) <= 1e-6, `${way}, row ${i}: ${score}`)
          assert.ok(Math.abs(score - Number(golden[i])) <= 1e-6, `${way}, row ${i}: ${score}`)
        })
        assert.deepEqual(given, scores['gRPC, raw'], way)
      }
    })

    it('learns what there is', () => {
      assert.deepEqual(answers.ready, [true, true])
      assert.deepEqual(answers['unknown is ready'], [false, false])
      assert.deepEqual(answers.server, ['sluice-enrichment-api', 'sluice-enrichment-api'])
      assert.deepEqual(answers.config, [4096, 4096])
      assert.deepEqual(answers.index, ['arrival-delay', 'arrival-delay'])
      const [http, grpc] = answers.metadata
      assert.deepEqual(http['inputs'], [{ name: 'features', datatype: 'FP32', shape: [-1, 9] }])
      assert.deepEqual(grpc['inputs'], [{ name: 'features', datatype: 'FP32', shape: ['-1', '9'] }])
    })

    it('is told what is wrong with a request', () => {
      const { errors } = answers
      const statuses = Object.entries(errors).map(([what, failures]) => [what, failures.map(([status]) => status)])
      assert.deepEqual(Object.fromEntries(statuses), {
        'unknown model': ['404', 'StatusCode.NOT_FOUND'],
        'unknown version': ['404', 'StatusCode.NOT_FOUND'],
        'wrong width': ['400', 'StatusCode.INVALID_ARGUMENT'],
        'wrong type': ['400', 'StatusCode.INVALID_ARGUMENT'],
        'wrong input': ['400', 'StatusCode.INVALID_ARGUMENT']
      })
      for (const [what, [[, http], [, grpc]]] of Object.entries(errors)) assert.equal(http, grpc, what)
      assert.match(errors['unknown model']?.[0][1] ?? '', /arrival-delay/)
      assert.match(errors['wrong width']?.[0][1] ?? '', /expected .*9.*found .*3/)
    })
  })
}
