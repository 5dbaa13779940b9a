import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { ModelInfo } from './model-info.ts'

/** A model in onnxruntime. */
export interface Session {
  /** How the file's input and output differ from what model.json says; such a session must not be run. */
  readonly problems: readonly string[]
  run(rows: Float32Array, count: number): Promise<Float32Array>
  readonly close: () => Promise<void>
}

/** Loads the bytes of model.onnx; rejects with onnxruntime's reason if it cannot. */
export async function openSession(bytes: Buffer, info: ModelInfo): Promise<Session> {
  const session = await InferenceSession.create(bytes, {
    // More threads would add in another order and give other bits.
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    executionProviders: ['cpu'],
    logSeverityLevel: 3
  })
  const [input] = info.inputs
  const [output] = info.outputs
  const columns = info.features.length
  return {
    problems: [
      ...differences('inputs', input, session.inputMetadata),
      ...differences('outputs', output, session.outputMetadata)
    ],
    async run(rows, count) {
      const cells = rows.length === count * columns ? rows : rows.subarray(0, count * columns)
      const results = await session.run({ [input.name]: new Tensor('float32', cells, [count, columns]) }, [output.name])
      return results[output.name]!.data as Float32Array
    },
    close: () => session.release()
  }
}

function differences(
  side: 'inputs' | 'outputs',
  spec: ModelInfo['inputs'][0],
  found: readonly InferenceSession.ValueMetadata[]
): string[] {
  const expected = `${spec.name} float32 [*,${spec.shape[1]}]`
  const all = found.map(({ name, ...value }) =>
    value.isTensor ? `${name} ${value.type} [${value.shape.map(dimension).join()}]` : `${name}, not a tensor`
  )
  return all.length === 1 && all[0] === expected
    ? []
    : [`model.onnx ${side}: expected ${expected}, as model.json says, found ${all.join(', ')}`]
}

function dimension(size: number | string): string {
  return typeof size === 'number' && size > 0 ? String(size) : '*'
}
