import { maxBatchRows, modelJsonKey, type Model, type ModelConfigResponse, type Models } from '@sluice/inference'

const platform = 'onnxruntime_onnx'

/** ServerMetadata. */
export function describeServer(version: string) {
  return {
    name: 'sluice-enrichment-api',
    version,
    extensions: ['binary_tensor_data', 'model_configuration', 'model_repository']
  }
}

/** ModelMetadata, in both protocols. */
export function describeModel(models: Models, { info }: Model) {
  const tensors = (specs: typeof info.inputs) => specs.map(({ name, datatype, shape }) => ({ name, datatype, shape }))
  return {
    name: info.name,
    versions: models.versionsOf(info.name),
    platform,
    inputs: tensors(info.inputs),
    outputs: tensors(info.outputs)
  }
}

/** ModelConfig: carries model.json, as it is in the folder, in the one place that stock clients can read too. */
export function configOf({ info, json }: Model): NonNullable<ModelConfigResponse['config']> {
  const rowOf = ({ name, shape }: (typeof info.inputs)[0]) => ({ name, data_type: 'TYPE_FP32', dims: [shape[1]] })
  return {
    name: info.name,
    platform,
    backend: 'onnxruntime',
    max_batch_size: maxBatchRows,
    input: info.inputs.map(rowOf),
    output: info.outputs.map(rowOf),
    parameters: { [modelJsonKey]: { string_value: json } }
  }
}

/** RepositoryIndex: what is served. */
export function indexOf(models: Models) {
  return models.all.map(({ info }) => ({ name: info.name, version: info.version, state: 'READY', reason: '' }))
}
