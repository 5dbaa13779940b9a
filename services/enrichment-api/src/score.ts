import { maxBatchRows, type Model, type Models, type TensorSpec } from '@sluice/inference'
import type { Metrics } from '@sluice/service'
import { answer, quote, refuse, type Answer } from './answer.ts'
import { findModel } from './find-model.ts'

/** A request for scores, whatever way it came. */
export interface ScoreRequest {
  /** `rest` or `grpc` */
  readonly input: string
  readonly model: string
  /** '' is the highest one. */
  readonly version: string
  readonly inputs: readonly InputTensor[]
  /** Names of the wanted outputs; none means all. */
  readonly outputs: readonly string[]
}

export interface InputTensor {
  readonly name: string
  readonly datatype: string
  readonly shape: readonly number[]
  /** Reads the values, row-major, once the rest is known to be right; `count` is how many the shape asks for. */
  readonly values: (count: number) => Answer<Float32Array>
}

export interface Scored {
  readonly model: Model
  /** The one output; its values are one per row, NaN where the model has no usable one. */
  readonly output: { readonly name: string; readonly datatype: 'FP32'; readonly shape: readonly [number, 1] }
  readonly scores: Float32Array
}

export interface ScoreDeps {
  readonly models: Models
  readonly metrics: Pick<Metrics, 'received' | 'rejected' | 'batch'>
  /** How many requests may wait for the model. */
  readonly maxPending: number
}

export type Score = (request: ScoreRequest) => Promise<Answer<Scored>>

/** Answers requests for scores: finds the model, holds the tensors to what it takes, runs it. */
export function createScore({ models, metrics, maxPending }: ScoreDeps): Score {
  let pending = 0

  async function score(request: ScoreRequest): Promise<Answer<Scored>> {
    const found = findModel(models, request.model, request.version)
    if (!found.ok) return found
    const model = found.value
    const read = readRows(model, request)
    if (!read.ok) return read
    const { rows, count } = read.value
    // The model computes on this thread, one request after the other: what waits is held in memory.
    if (pending >= maxPending) return refuse('overloaded', `${pending} requests wait already, come again`)
    pending++
    try {
      metrics.received({ input: request.input, type: model.info.name }, count)
      const startedAt = performance.now()
      const scores = await model.predict(rows, count)
      metrics.batch({ step: 'predict' }, (performance.now() - startedAt) / 1000)
      return answer({
        model,
        output: { name: model.info.outputs[0].name, datatype: 'FP32', shape: [count, 1] },
        scores
      })
    } finally {
      pending--
    }
  }

  return async function scoreCounted(request) {
    const given = await score(request)
    if (!given.ok) metrics.rejected({ reason: given.fault })
    return given
  }
}

function readRows(model: Model, { inputs, outputs }: ScoreRequest): Answer<{ rows: Float32Array; count: number }> {
  const [input] = model.info.inputs
  const [output] = model.info.outputs
  const foreign = outputs.find((name) => name !== output.name)
  if (foreign !== undefined) return invalid(`output ${quote(foreign)} is unknown, expected ${output.name}`)
  const [tensor] = inputs
  if (tensor === undefined || inputs.length > 1) {
    return invalid(`expected 1 input, ${input.name}, found ${inputs.length}`)
  }
  const count = rowsOf(tensor, input)
  if (!count.ok) return count
  const rows = tensor.values(count.value * input.shape[1])
  return rows.ok ? answer({ rows: rows.value, count: count.value }) : rows
}

function rowsOf({ name, datatype, shape }: InputTensor, input: TensorSpec): Answer<number> {
  const [, columns] = input.shape
  if (name !== input.name) return invalid(`input ${quote(name)} is unknown, expected ${input.name}`)
  if (datatype !== input.datatype) {
    return invalid(`input ${name}: expected datatype ${input.datatype}, found ${quote(datatype)}`)
  }
  const [count] = shape
  const fits = shape.length === 2 && Number.isInteger(count) && count! >= 1 && count! <= maxBatchRows
  return fits && shape[1] === columns
    ? answer(count!)
    : invalid(`input ${name}: expected shape [1 to ${maxBatchRows},${columns}], found [${shape.slice(0, 8).join()}]`)
}

function invalid(message: string) {
  return refuse('invalid_argument', message)
}
