import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { RefusedError } from '@sluice/events'
import { checkGolden } from './golden.ts'
import { inspectOnnx } from './inspect-onnx.ts'
import { problemsOfModelInfo, type ModelInfo } from './model-info.ts'
import { openSession, type Session } from './session.ts'

/** A model that is loaded and has proven itself on its golden rows. */
export interface Model extends AsyncDisposable {
  readonly info: ModelInfo
  /** The text of model.json, as in the file. */
  readonly json: string
  /**
   * Scores `count` rows, row-major in `rows`. One number per row; NaN where the model gave none, or one outside of
   * the output's range. The same row gives the same bits in any batch. Blocks the event loop: about 5 µs per row.
   */
  predict(rows: Float32Array, count: number): Promise<Float32Array>
}

/**
 * Opens `models/<name>/<version>`: model.onnx, model.json, golden.json. Everything that could make its scores other
 * than those of the trained model, or its file dangerous to load, is a RefusedError that lists all problems.
 */
export async function openModel(folder: string): Promise<Model> {
  const { info, json } = await readInfo(folder)
  const bytes = await readOnnx(folder, info)
  const session = await openSession(bytes, info).catch((error: Error) => refuse(folder, [error.message]))
  try {
    const predict = withinRange(session, info)
    refuse(folder, [
      ...session.problems,
      ...(session.problems.length > 0 ? [] : await checkGolden(folder, info, predict))
    ])
    return { info, json, predict, [Symbol.asyncDispose]: session.close }
  } catch (error) {
    await session.close()
    throw error
  }
}

const maxModelBytes = 64 * 1024 * 1024
const maxJsonBytes = 1024 * 1024

/** What trees, linear models and small networks are made of; nothing that loops, grows or reads files. */
const allowedOperators: ReadonlySet<string> = new Set(
  `ai.onnx.ml:TreeEnsembleClassifier ai.onnx.ml:TreeEnsembleRegressor ai.onnx.ml:LinearClassifier
   ai.onnx.ml:LinearRegressor ai.onnx.ml:ArrayFeatureExtractor ai.onnx.ml:Imputer ai.onnx.ml:Normalizer ai.onnx.ml:Scaler
   Add Sub Mul Div Neg Abs Sqrt Exp Log Pow Min Max Clip MatMul Gemm Relu LeakyRelu Elu Tanh Sigmoid Softmax Gelu Erf
   Cast Constant Identity Gather Slice Reshape Squeeze Unsqueeze Flatten Transpose Concat
   Equal Less LessOrEqual Greater GreaterOrEqual And Or Not Where IsNaN`.split(/\s+/)
)

async function readInfo(folder: string): Promise<{ info: ModelInfo; json: string }> {
  const json = (await readBounded(folder, 'model.json', maxJsonBytes)).toString('utf8')
  const value = parseJson(json)
  if (value === undefined) return refuse(folder, ['model.json: not JSON'])
  refuse(folder, problemsOfModelInfo(value))
  const info = value as ModelInfo
  const version = basename(folder)
  const name = basename(dirname(folder))
  const problems: string[] = []
  if (info.name !== name) problems.push(`model.json /name: expected ${name}, as the folder, found ${info.name}`)
  if (info.version !== version) {
    problems.push(`model.json /version: expected ${version}, as the folder, found ${info.version}`)
  }
  refuse(folder, problems)
  return { info, json }
}

async function readOnnx(folder: string, info: ModelInfo): Promise<Buffer> {
  const bytes = await readBounded(folder, 'model.onnx', maxModelBytes)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (sha256 !== info.sha256) return refuse(folder, [`model.onnx: expected sha256 ${info.sha256}, found ${sha256}`])
  try {
    const { operators, externalTensors, hasFunctions } = inspectOnnx(bytes)
    const foreign = [...operators].filter((operator) => !allowedOperators.has(operator))
    const problems = foreign.map((operator) => `model.onnx: operator ${operator} is not on the list of allowed ones`)
    for (const name of externalTensors) problems.push(`model.onnx: tensor ${name} has its data in another file`)
    if (hasFunctions) problems.push('model.onnx: it defines functions of its own')
    refuse(folder, problems)
    return bytes
  } catch (error) {
    if (error instanceof RefusedError) throw error
    return refuse(folder, [`model.onnx: not an ONNX model, ${(error as Error).message}`])
  }
}

async function readBounded(folder: string, file: string, maxBytes: number): Promise<Buffer> {
  const path = join(folder, file)
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => refuse(folder, [`${file}: ${error.code}`]))
  if (!found.isFile()) return refuse(folder, [`${file}: expected a file`])
  if (found.size > maxBytes) return refuse(folder, [`${file}: expected at most ${maxBytes} bytes, found ${found.size}`])
  return await readFile(path)
}

function withinRange(session: Session, info: ModelInfo): Model['predict'] {
  const [lowest, highest] = info.outputs[0].range ?? [-Number.MAX_VALUE, Number.MAX_VALUE]
  return async function predict(rows, count) {
    const scores = await session.run(rows, count)
    for (let i = 0; i < count; i++) {
      const score = scores[i]!
      if (!(score >= lowest && score <= highest)) scores[i] = NaN
    }
    return scores
  }
}

/** Throws if there is any problem, naming the folder in each. */
function refuse(folder: string, problems: readonly string[]): never
function refuse(folder: string, problems: readonly string[]): void
function refuse(folder: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new RefusedError(problems.map((problem) => `model ${folder}: ${problem}`))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
