import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startApi, type RunningApi } from './testing/start-api.ts'

let api: RunningApi
before(async () => {
  api = await startApi()
})
after(() => api[Symbol.asyncDispose]())

describe('the Open Inference Protocol over HTTP', () => {
  it('is live and ready, and knows which models are', async () => {
    assert.deepEqual(await get('/v2/health/live'), [200, { live: true }])
    assert.deepEqual(await get('/v2/health/ready'), [200, { ready: true }])
    assert.deepEqual(await get('/v2/models/likely/ready'), [200, { name: 'likely', ready: true }])
    assert.deepEqual(await get('/v2/models/likely/versions/9/ready'), [200, { name: 'likely', ready: true }])
  })

  it('describes server and models, model.json with them', async () => {
    const [, server] = await get('/v2')
    assert.equal(server['name'], 'sluice-enrichment-api')
    const [status, { parameters, ...described }] = await get('/v2/models/likely')
    assert.equal(status, 200)
    assert.deepEqual(described, {
      name: 'likely',
      versions: ['1', '9', '10'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 2] }],
      outputs: [{ name: 'probability', datatype: 'FP32', shape: [-1, 1] }]
    })
    assert.equal(versionIn(parameters), '10')
    assert.equal(versionIn((await get('/v2/models/likely/versions/9'))[1]['parameters']), '9')
    const [, config] = await get('/v2/models/likely/config')
    assert.equal(config['max_batch_size'], 4096)
  })

  it('scores JSON tensors, flat or nested, null being NaN', async () => {
    for (const data of [
      [2, 0, null, 1],
      [
        [2, 0],
        [null, 1]
      ]
    ]) {
      const [status, answer] = await infer({ id: '42', inputs: [{ ...features, data }] })
      assert.equal(status, 200)
      const { outputs, ...rest } = answer as unknown as Scored
      assert.deepEqual(rest, { model_name: 'likely', model_version: '10', id: '42' })
      const [first, second] = outputs[0]!.data
      assert.ok(Math.abs(first! - 1 / (1 + Math.exp(2))) < 1e-6)
      assert.equal(second, null)
      assert.deepEqual(outputs[0]!.shape, [2, 1])
    }
  })

  it('scores by the version in the path', async () => {
    const [, answer] = await infer(
      { inputs: [{ ...features, data: [2, 0, 0, 0] }] },
      '/v2/models/likely/versions/9/infer'
    )
    const { model_version, outputs } = answer as unknown as Scored
    assert.equal(model_version, '9')
    assert.ok(Math.abs(outputs[0]!.data[0]! - 1 / (1 + Math.exp(-4))) < 1e-6)
  })

  it('takes NaN as well, which tritonclient writes for a missing value', async () => {
    const given = { id: 'a "NaN" of mine', inputs: [{ ...features, data: [2, 0, 'missing', 1] }] }
    const [status, answer] = await infer(JSON.stringify(given).replace('"missing"', 'NaN'))
    assert.equal(status, 200)
    assert.equal(answer['id'], given.id)
    assert.equal((answer as unknown as Scored).outputs[0]?.data[1], null)
  })

  it('takes and gives tensors as bytes after the JSON', async () => {
    const cells = Buffer.from(Float32Array.from([2, 0, NaN, 1]).buffer)
    const json = {
      inputs: [{ ...features, parameters: { binary_data_size: cells.length } }],
      outputs: [{ name: 'probability', parameters: { binary_data: true } }]
    }
    const response = await postBinary(JSON.stringify(json), cells)
    assert.equal(response.status, 200)
    const bytes = Buffer.from(await response.arrayBuffer())
    const length = Number(response.headers.get('inference-header-content-length'))
    const answer = JSON.parse(bytes.subarray(0, length).toString()) as Scored
    assert.deepEqual(answer.outputs[0]?.parameters, { binary_data_size: 8 })
    assert.ok(Math.abs(bytes.readFloatLE(length) - 1 / (1 + Math.exp(2))) < 1e-6)
    assert.equal(bytes.readFloatLE(length + 4), NaN)
  })

  it('says how bytes and JSON do not fit together', async () => {
    const json = JSON.stringify({ inputs: [{ ...features, parameters: { binary_data_size: 16 } }] })
    const short = await postBinary(json, Buffer.alloc(12))
    assert.deepEqual([short.status, await short.json()], [400, { error: 'expected 16 bytes after the JSON, found 12' }])
    const long = await postBinary(json, Buffer.alloc(16), '99999')
    assert.equal(long.status, 400)
    assert.match(await long.text(), /expected at most \d+, found 99999/)
  })

  it('names the known ones when model or version are not known', async () => {
    assert.deepEqual(await get('/v2/models/nope'), [404, { error: 'model "nope" is unknown, known are likely' }])
    assert.deepEqual(await get('/v2/models/likely/versions/2/ready'), [
      404,
      { error: 'model likely has no version "2", it has 1, 9, 10' }
    ])
    const [status] = await infer({ inputs: [{ ...features, data: [1, 2, 3, 4] }] }, '/v2/models/nope/infer')
    assert.equal(status, 404)
  })

  it('says what was expected and what was found', async () => {
    const cases: [unknown, string][] = [
      ['{', 'expected a JSON object with inputs'],
      [[], 'expected a JSON object with inputs'],
      [{}, '/inputs: expected a list of tensors with a name'],
      [{ inputs: [{}] }, '/inputs: expected a list of tensors with a name'],
      [{ inputs: [features], outputs: 'x' }, '/outputs: expected a list of outputs with a name'],
      [{ inputs: [features], id: 7 }, '/id: expected text'],
      [{ inputs: [] }, 'expected 1 input, features, found 0'],
      [{ inputs: [{ ...features, name: 'x' }] }, 'input "x" is unknown, expected features'],
      [{ inputs: [{ ...features, datatype: 'INT8' }] }, 'input features: expected datatype FP32, found "INT8"'],
      [{ inputs: [{ ...features, shape: [1.5, 2] }] }, 'input features: expected shape [1 to 4096,2], found [1.5,2]'],
      [{ inputs: [{ ...features, shape: '2,2' }] }, 'input features: expected shape [1 to 4096,2], found []'],
      [{ inputs: [features] }, 'input features: expected a list as data'],
      [{ inputs: [{ ...features, data: [1, 2, 3] }] }, 'input features: expected 4 values, found 3'],
      [{ inputs: [{ ...features, data: [1, 2, '3', 4] }] }, 'input features: expected numbers as data, found "3" at 2'],
      [{ inputs: [features], outputs: [{ name: 'label' }] }, 'output "label" is unknown, expected probability']
    ]
    for (const [body, error] of cases) assert.deepEqual(await infer(body), [400, { error }])
  })

  it('answers other paths and bodies without a stack', async () => {
    assert.deepEqual(await get('/v2/models'), [404, { error: 'GET /v2/models: no such path' }])
    const huge = await fetch(`${api.restUrl}/v2/models/likely/infer`, { method: 'POST', body: Buffer.alloc(5 << 20) })
    assert.equal(huge.status, 413)
    assert.deepEqual(Object.keys((await huge.json()) as object), ['error'])
    for (const name of ['x'.repeat(500), '%', '%00', '..%2f..%2fetc']) {
      const response = await fetch(`${api.restUrl}/v2/models/${name}`)
      assert.ok([400, 404, 414].includes(response.status), `${name}: ${response.status}`)
      assert.deepEqual(Object.keys((await response.json()) as object), ['error'])
    }
  })
})

function versionIn(parameters: unknown): string {
  return (parameters as { 'model.json': { version: string } })['model.json'].version
}

const features = { name: 'features', shape: [2, 2], datatype: 'FP32' }

interface Scored {
  readonly model_version: string
  readonly outputs: readonly {
    readonly shape: number[]
    readonly data: (number | null)[]
    readonly parameters?: object
  }[]
}

type Answer = [status: number, body: Record<string, unknown>]

async function get(path: string): Promise<Answer> {
  const response = await fetch(api.restUrl + path)
  return [response.status, (await response.json()) as Record<string, unknown>]
}

async function infer(body: unknown, path = '/v2/models/likely/infer'): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(api.restUrl + path, { method: 'POST', body: text })
  return [response.status, (await response.json()) as Record<string, unknown>]
}

function postBinary(json: string, bytes: Buffer, length = String(Buffer.byteLength(json))): Promise<Response> {
  return fetch(`${api.restUrl}/v2/models/likely/infer`, {
    method: 'POST',
    headers: { 'inference-header-content-length': length },
    body: Buffer.concat([Buffer.from(json), bytes])
  })
}
