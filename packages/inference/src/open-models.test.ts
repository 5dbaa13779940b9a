import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, describe, it } from 'node:test'
import { RefusedError } from '@sluice/events'
import { openModel, openModels, type Model } from './index.ts'
import type { Feature } from './model-info.ts'
import { encodeLogistic, encodeOnnx, encodeTensor, type TestGraph } from './testing/encode-onnx.ts'
import { writeTestModel, type TestModel } from './testing/write-model.ts'

const root = await mkdtemp(join(tmpdir(), 'models-'))
after(() => rm(root, { recursive: true }))

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(root, 'dir-'))
})

const features: Feature[] = [
  { name: 'size', pointer: '/data/size', transform: 'number' },
  { name: 'kind', pointer: '/data/kind', transform: 'code', vocabulary: ['a', 'b'] }
]
const right: TestModel = {
  name: 'likely',
  version: '1',
  features,
  weights: [0.5, -1],
  events: [{ data: { size: 1, kind: 'a' } }, { data: { size: -3, kind: 'b' } }, { data: {} }]
}

describe('openModel', () => {
  it('scores rows, the same bits alone as among others', async () => {
    await using model = await write({})
    const count = 500
    const rows = Float32Array.from({ length: count * 2 }, (_, i) => Math.sin(i) * 5)
    const together = await model.predict(rows, count)
    for (let i = 0; i < count; i += 7) {
      const alone = await model.predict(rows.subarray(i * 2, i * 2 + 2), 1)
      assert.ok(Object.is(alone[0], together[i]), `row ${i}: ${alone[0]} and ${together[i]}`)
      const expected = 1 / (1 + Math.exp(-(0.5 * rows[i * 2]! - rows[i * 2 + 1]!)))
      assert.ok(Math.abs(expected - together[i]!) < 1e-6)
    }
  })

  it('answers NaN for a score that is none or outside of the declared range', async () => {
    const info = { outputs: [{ name: 'probability', datatype: 'FP32', shape: [-1, 1], range: [0, 0.6] }] } as const
    await using model = await write({ info, golden: { scores: [null, 0.07585818, null] } })
    const rows = Float32Array.from([1, 0, -1, 0, NaN, 0])
    const scores = await model.predict(rows, 3)
    assert.deepEqual([...scores].map(Number.isNaN), [true, false, true])
  })

  it('refuses a file that is empty, a web page, cut or random', async () => {
    const onnx = encodeLogistic([1, 2])
    const random = Buffer.from(Array.from({ length: 500 }, (_, i) => (i * 7919) % 256))
    for (const wrong of [Buffer.alloc(0), Buffer.from('<!doctype html>'), onnx.subarray(0, -9), random]) {
      await refused({ onnx: wrong }, /model\.onnx: not an ONNX model/)
    }
  })

  it('refuses a file with another sha256 than model.json says', async () => {
    await refused({ info: { sha256: '0'.repeat(64) } }, /model\.onnx: expected sha256 0{64}, found [0-9a-f]{64}/)
  })

  it('refuses data in other files, wherever they are said to be', async () => {
    for (const location of ['../weights', '/etc/passwd', 'package.json']) {
      const onnx = linear({ tensors: [encodeTensor('weights', [2, 1], [], location)] })
      await refused({ onnx }, /tensor weights has its data in another file/)
    }
  })

  it('refuses operators that loop, grow or come from elsewhere', async () => {
    for (const [operator, domain] of [
      ['ConstantOfShape'],
      ['Loop'],
      ['Scan'],
      ['If'],
      ['Tile'],
      ['Add', 'com.example']
    ]) {
      const node = { operator: operator!, inputs: ['score'], outputs: ['probability'], ...(domain && { domain }) }
      const name = domain === undefined ? operator : `${domain}:${operator}`
      await refused({ onnx: linear({ last: node }) }, new RegExp(`operator ${name} is not on the list`))
    }
  })

  it('refuses what onnxruntime cannot load', async () => {
    const last = { operator: 'Sigmoid', inputs: ['nowhere'], outputs: ['probability'] }
    await refused({ onnx: linear({ last }) }, /nowhere/)
  })

  it('refuses an input or output that differs from model.json, naming both', async () => {
    await refused(
      { onnx: encodeLogistic([1, 2, 3]) },
      /inputs: expected features float32 \[\*,2\], as model\.json says, found features float32 \[\*,3\]/
    )
    const input = { name: 'rows', columns: 2 }
    const output = { name: 'label', columns: 1 }
    await refused({ onnx: linear({ input, output }) }, /found rows .*\n.*outputs: expected probability .* found label/)
  })

  it('refuses scores that are not the golden ones', async () => {
    await refused({ golden: { scores: [0.622462, 0.07585818, null] } }, /golden\.json: row 0: expected score 0\.622462/)
    await refused({ golden: { scores: [null, 0.07585818, null] } }, /row 0: expected score null/)
    await refused({ golden: { events: [], rows: [], scores: [] } }, /at least one/)
  })

  it('refuses features that are not the golden ones', async () => {
    await refused(
      {
        golden: {
          rows: [
            [1, 0],
            [-3, 0],
            [null, -1]
          ]
        }
      },
      /row 1, kind: expected 0, evaluated 1/
    )
  })

  it('refuses a model.json that is not one, listing every problem', async () => {
    const info = { description: 3, features: [{ name: 'Ä', pointer: 'x', transform: 'log' }], outputs: [] }
    const error = await refusal({ info: info as never })
    assert.deepEqual(
      error.problems.map((problem) => /model\.json ([^:]*):/.exec(problem)?.[1]),
      [
        '/description',
        '/features/0/name',
        '/features/0/pointer',
        '/features/0/transform',
        '/inputs/0/shape',
        '/outputs'
      ]
    )
    const { folder } = await writeTestModel(dir, right)
    await writeFile(join(folder, 'model.json'), '{')
    await assert.rejects(openModel(folder), /model\.json: not JSON/)
  })

  it('refuses a folder that is called otherwise than its model.json', async () => {
    await refused({ info: { name: 'other', version: '7' } }, /\/name: expected likely, .*\n.*\/version: expected 1, /)
  })

  it('refuses a missing and an enormous file without reading it', async () => {
    const { folder } = await writeTestModel(dir, right)
    await truncate(join(folder, 'model.onnx'), 10 * 1024 ** 3)
    await assert.rejects(openModel(folder), /model\.onnx: expected at most 67108864 bytes, found 10737418240/)
    await rm(join(folder, 'model.onnx'))
    await assert.rejects(openModel(folder), /model\.onnx: ENOENT/)
  })
})

describe('openModels', () => {
  it('serves every version; without one it means the highest, by number', async () => {
    for (const version of ['9', '10', '2']) await writeTestModel(dir, { ...right, version })
    await writeTestModel(dir, { ...right, name: 'another' })
    await mkdir(join(dir, 'likely', 'training'))
    await mkdir(join(dir, 'notes'))
    await using models = await openModels(dir)
    assert.deepEqual(models.names, ['another', 'likely'])
    assert.deepEqual(models.versionsOf('likely'), ['2', '9', '10'])
    assert.equal(models.find('likely')?.info.version, '10')
    assert.equal(models.find('likely', '9')?.info.version, '9')
    assert.equal(models.find('likely', '11'), undefined)
    assert.equal(models.find('nothing'), undefined)
  })

  it('refuses a folder without any model', async () => {
    await assert.rejects(openModels(join(dir, 'nowhere')), (error) => {
      assert.ok(error instanceof RefusedError)
      assert.match(error.message, /found none/)
      return true
    })
  })

  it('refuses names that could be mistaken for something else', async () => {
    await writeTestModel(dir, { ...right, name: 'Likely_2' })
    await assert.rejects(openModels(dir), /"Likely_2": expected a name/)
  })

  it('lists the problems of all models', async () => {
    await writeTestModel(dir, { ...right, name: 'one', info: { sha256: '0'.repeat(64) } })
    await writeTestModel(dir, { ...right, name: 'two', onnx: Buffer.from('x') })
    await writeTestModel(dir, { ...right, name: 'three' })
    await assert.rejects(openModels(dir), (error: RefusedError) => error.problems.length === 2)
  })
})

async function write(changes: Partial<TestModel>): Promise<Model> {
  const { folder } = await writeTestModel(dir, { ...right, ...changes })
  return await openModel(folder)
}

async function refusal(changes: Partial<TestModel>): Promise<RefusedError> {
  const error: unknown = await write(changes).then(
    () => assert.fail('the model was not refused'),
    (reason: unknown) => reason
  )
  assert.ok(error instanceof RefusedError, String(error))
  return error
}

async function refused(changes: Partial<TestModel>, message: RegExp): Promise<void> {
  assert.match((await refusal(changes)).message, message)
}

function linear(changes: Partial<TestGraph> & { last?: TestGraph['nodes'][0] }): Buffer {
  const { input = { name: 'features', columns: 2 }, output = { name: 'probability', columns: 1 } } = changes
  const { last = { operator: 'Sigmoid', inputs: ['score'], outputs: [output.name] } } = changes
  const { tensors = [encodeTensor('weights', [2, 1], [1, 1])] } = changes
  const first = { operator: 'MatMul', inputs: [input.name, 'weights'], outputs: ['score'] }
  return encodeOnnx({ nodes: [first, last], tensors, input, output })
}
