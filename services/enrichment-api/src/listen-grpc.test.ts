import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Client, credentials, loadPackageDefinition, status, type ServiceError } from '@grpc/grpc-js'
import { InferenceStub, type InferTensor, type ModelInferRequest, type ModelInferResponse } from '@sluice/inference'
import { service as healthService } from 'grpc-health-check'
import { startApi, type RunningApi } from './testing/start-api.ts'

let api: RunningApi
let stub: Client
before(async () => {
  api = await startApi()
  stub = new InferenceStub(api.grpcAddress, credentials.createInsecure())
})
after(async () => {
  stub.close()
  await api[Symbol.asyncDispose]()
})

describe('the Open Inference Protocol over gRPC', () => {
  it('is live and ready, and knows which models are', async () => {
    assert.deepEqual(await call('ServerLive', {}), { live: true })
    assert.deepEqual(await call('ServerReady', {}), { ready: true })
    assert.deepEqual(await call('ModelReady', { name: 'likely' }), { ready: true })
    assert.deepEqual(await call('ModelReady', { name: 'likely', version: '9' }), { ready: true })
    assert.deepEqual(await call('ModelReady', { name: 'likely', version: '8' }), { ready: false })
  })

  it('describes server and models', async () => {
    const server = await call<{ name: string }>('ServerMetadata', {})
    assert.equal(server.name, 'sluice-enrichment-api')
    assert.deepEqual(await call('ModelMetadata', { name: 'likely' }), {
      name: 'likely',
      versions: ['1', '9', '10'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 2] }],
      outputs: [{ name: 'probability', datatype: 'FP32', shape: [-1, 1] }]
    })
    const { models } = await call<{ models: { version: string; state: string }[] }>('RepositoryIndex', {})
    assert.deepEqual(
      models.map(({ version, state }) => [version, state]),
      [
        ['1', 'READY'],
        ['9', 'READY'],
        ['10', 'READY']
      ]
    )
  })

  it('carries model.json of the highest version, or of the one that was asked for, in its configuration', async () => {
    type Config = { config: { max_batch_size: number; parameters: Record<string, { string_value: string }> } }
    for (const [version, expected] of [
      ['', '10'],
      ['9', '9']
    ]) {
      const { config } = await call<Config>('ModelConfig', { name: 'likely', version })
      const info = JSON.parse(config.parameters['model.json']!.string_value) as { version: string; features: object[] }
      assert.equal(info.version, expected)
      assert.equal(info.features.length, 2)
      assert.equal(config.max_batch_size, 4096)
    }
  })

  it('answers raw tensors with raw tensors, wherever the bytes begin', async () => {
    for (const id of ['', 'x', 'xy', 'xyz']) {
      const answer = await infer({ id, raw_input_contents: [raw([2, 0, 0, 1])] })
      assert.equal(answer.id, id)
      assert.equal(answer.model_version, '10')
      assert.deepEqual(answer.outputs[0]?.shape, [2, 1])
      assert.equal(answer.outputs[0]?.contents, null)
      assertScores(floats(answer.raw_output_contents![0]!), [-2, 1])
    }
  })

  it('answers typed tensors with typed tensors', async () => {
    const answer = await infer({ model_version: '9' }, { contents: { fp32_contents: [2, 0, 0, 1] } })
    assert.equal(answer.model_version, '9')
    assert.deepEqual(answer.raw_output_contents, [])
    assertScores(answer.outputs[0]!.contents!.fp32_contents!, [4, 0])
  })

  it('answers NaN for a row that the model cannot score, and scores the others', async () => {
    const answer = await infer({ model_version: '1', raw_input_contents: [raw([NaN, 0, 2, 0])] })
    const [none, some] = floats(answer.raw_output_contents![0]!)
    assert.equal(none, NaN)
    assertScores([some!], [1])
  })

  it('takes a full batch, and not a row more', async () => {
    const cells = Array.from({ length: 4096 * 2 }, (_, i) => i % 2)
    const answer = await infer({ raw_input_contents: [raw(cells)] }, { shape: [4096, 2] })
    assert.equal(answer.raw_output_contents![0]!.length, 4096 * 4)
    await refused(
      { raw_input_contents: [raw([...cells, 0, 1])] },
      { shape: [4097, 2] },
      status.INVALID_ARGUMENT,
      'input features: expected shape [1 to 4096,2], found [4097,2]'
    )
  })

  it('names the known ones when model or version are not known', async () => {
    await refused({ model_name: 'nope' }, {}, status.NOT_FOUND, 'model "nope" is unknown, known are likely')
    await refused({ model_version: '2' }, {}, status.NOT_FOUND, 'model likely has no version "2", it has 1, 9, 10')
    await refused({ model_version: 'latest' }, {}, status.NOT_FOUND, /no version "latest"/)
    for (const method of ['ModelMetadata', 'ModelConfig']) {
      const { code, details } = await failure(call(method, { name: '../likely\n'.repeat(9) }))
      assert.equal(code, status.NOT_FOUND)
      assert.match(details, /^model "\.\.\/likely\\n.{0,80}…" is unknown, known are likely$/)
    }
  })

  it('says what was expected and what was found', async () => {
    const cases: [Partial<ModelInferRequest>, Partial<InferTensor>, string][] = [
      [{}, { name: 'x' }, 'input "x" is unknown, expected features'],
      [{}, { datatype: 'FP64' }, 'input features: expected datatype FP32, found "FP64"'],
      [{}, { shape: [2, 3] }, 'input features: expected shape [1 to 4096,2], found [2,3]'],
      [{}, { shape: [4] }, 'input features: expected shape [1 to 4096,2], found [4]'],
      [{}, { shape: [0, 2] }, 'input features: expected shape [1 to 4096,2], found [0,2]'],
      [{}, { shape: [-2, 2] }, 'input features: expected shape [1 to 4096,2], found [-2,2]'],
      [{ outputs: [{ name: 'label' }] }, {}, 'output "label" is unknown, expected probability'],
      [{ inputs: [] }, {}, 'expected 1 input, features, found 0'],
      [{}, {}, 'input features: expected 4 values, found 0'],
      [{}, { contents: { fp32_contents: [1, 2, 3] } }, 'input features: expected 4 values, found 3'],
      [{}, { contents: { fp64_contents: [1, 2, 3, 4] } }, 'input features: expected 4 values, found 0'],
      [{ raw_input_contents: [raw([1, 2, 3])] }, {}, 'input features: expected 16 bytes of data, found 12'],
      [{ raw_input_contents: [raw([1]), raw([1])] }, {}, 'expected raw_input_contents for 1 inputs, found 2'],
      [
        { raw_input_contents: [raw([1, 2, 3, 4])] },
        { contents: { fp32_contents: [1, 2, 3, 4] } },
        'input features: expected contents or raw_input_contents, found both'
      ]
    ]
    for (const [request, tensor, message] of cases) await refused(request, tensor, status.INVALID_ARGUMENT, message)
  })

  it('serves grpc.health.v1', async () => {
    const Health = (loadPackageDefinition({ Health: healthService }) as unknown as { Health: typeof InferenceStub })
      .Health
    const health = new Health(api.grpcAddress, credentials.createInsecure())
    const checked = await unary(health, 'check', { service: '' })
    assert.deepEqual(checked, { status: 'SERVING' })
    health.close()
  })

  it('says what can be called, unless a setting turns that off', async () => {
    await using silent = await startApi(undefined, { GRPC_REFLECTION: 'false' })
    for (const version of ['v1', 'v1alpha']) {
      assert.equal(await reflectionStatus(api.grpcAddress, version), status.OK)
      assert.equal(await reflectionStatus(silent.grpcAddress, version), status.UNIMPLEMENTED)
    }
  })
})

async function infer(
  request: Partial<ModelInferRequest>,
  tensor: Partial<InferTensor> = {}
): Promise<ModelInferResponse> {
  const inputs = [{ name: 'features', datatype: 'FP32', shape: [2, 2], ...tensor }]
  return await call('ModelInfer', { model_name: 'likely', model_version: '', inputs, ...request })
}

async function refused(
  request: Partial<ModelInferRequest>,
  tensor: Partial<InferTensor>,
  code: status,
  message: string | RegExp
) {
  const error = await failure(infer(request, tensor))
  assert.equal(error.code, code, error.details)
  if (typeof message === 'string') assert.equal(error.details, message)
  else assert.match(error.details, message)
}

async function failure(answer: Promise<unknown>): Promise<ServiceError> {
  return await answer.then(
    () => assert.fail('the call succeeded'),
    (error: ServiceError) => error
  )
}

/** Status of a stream that asks nothing. */
function reflectionStatus(address: string, version: string): Promise<status> {
  const client = new Client(address, credentials.createInsecure())
  const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`
  const asIs = (bytes: Buffer) => bytes
  return new Promise<status>((resolve) => {
    const asking = client.makeBidiStreamRequest(path, asIs, asIs, { deadline: Date.now() + 20_000 })
    asking.on('status', ({ code }: { code: status }) => resolve(code)).on('error', () => undefined)
    asking.resume().end()
  }).finally(() => client.close())
}

function call<Answer>(method: string, request: object): Promise<Answer> {
  return unary<Answer>(stub, method, request)
}

function unary<Answer>(client: Client, method: string, request: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const methods = client as unknown as Record<
      string,
      (request: object, done: (e: unknown, a: Answer) => void) => void
    >
    methods[method]!.call(client, request, (error, answer) =>
      error === null ? resolve(answer) : reject(error as Error)
    )
  })
}

function raw(cells: readonly number[]): Buffer {
  return Buffer.from(Float32Array.from(cells).buffer)
}

function floats(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4))
}

function assertScores(found: readonly number[], logits: readonly number[]) {
  assert.equal(found.length, logits.length)
  found.forEach((score, i) => assert.ok(Math.abs(score - 1 / (1 + Math.exp(-logits[i]!))) < 1e-6, `${i}: ${score}`))
}
