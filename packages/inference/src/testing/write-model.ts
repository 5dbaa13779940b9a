import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { evaluateFeatures } from '../evaluate-features.ts'
import type { Golden } from '../golden.ts'
import type { Feature, ModelInfo } from '../model-info.ts'
import { encodeLogistic } from './encode-onnx.ts'

export interface TestModel {
  readonly name: string
  readonly version: string
  readonly features: readonly Feature[]
  /** One per feature. */
  readonly weights: readonly number[]
  readonly events: readonly unknown[]
  readonly info?: Partial<ModelInfo>
  readonly golden?: Partial<Golden>
  readonly onnx?: Buffer
}

/** Writes `<dir>/<name>/<version>/`: a small logistic regression, complete and right unless told otherwise. */
export async function writeTestModel(dir: string, model: TestModel): Promise<{ folder: string; info: ModelInfo }> {
  const { name, version, features, weights, events } = model
  const folder = join(dir, name, version)
  const onnx = model.onnx ?? encodeLogistic(weights)
  const info: ModelInfo = {
    name,
    version,
    description: 'a logistic regression for tests',
    sha256: createHash('sha256').update(onnx).digest('hex'),
    inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, features.length] }],
    outputs: [{ name: 'probability', datatype: 'FP32', shape: [-1, 1], range: [0, 1] }],
    features,
    created: '2024-01-01T00:00:00Z',
    trained_on: {},
    metrics: {},
    ...model.info
  }
  const cells = evaluateFeatures(features, events)
  const rows = events.map((_, i) => [...cells.subarray(i * features.length, (i + 1) * features.length)])
  const golden: Golden = { events, rows: rows.map(nullForNaN), scores: rows.map(scoreBy(weights)), ...model.golden }
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'model.onnx'), onnx)
  await writeFile(join(folder, 'model.json'), JSON.stringify(info))
  await writeFile(join(folder, 'golden.json'), JSON.stringify(golden))
  return { folder, info }
}

function scoreBy(weights: readonly number[]) {
  return (row: readonly number[]) => {
    const score = 1 / (1 + Math.exp(-row.reduce((sum, value, i) => sum + value * weights[i]!, 0)))
    return Number.isNaN(score) ? null : score
  }
}

function nullForNaN(row: readonly number[]): (number | null)[] {
  return row.map((value) => (Number.isNaN(value) ? null : value))
}
