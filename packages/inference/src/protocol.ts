import { resolve } from 'node:path'
import { loadPackageDefinition, type ServiceClientConstructor, type ServiceDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

/** The messages of proto/inference/grpc_service.proto, as proto-loader hands them out with the options below. */
export interface InferTensor {
  name: string
  datatype: string
  shape: number[]
  parameters?: Record<string, InferParameter>
  contents?: InferTensorContents | null
}

export interface InferTensorContents {
  bool_contents?: boolean[]
  int_contents?: number[]
  int64_contents?: number[]
  uint_contents?: number[]
  uint64_contents?: number[]
  fp32_contents?: number[]
  fp64_contents?: number[]
  bytes_contents?: Buffer[]
}

export interface InferParameter {
  bool_param?: boolean
  int64_param?: number
  string_param?: string
  double_param?: number
  uint64_param?: number
}

export interface ModelInferRequest {
  model_name: string
  model_version: string
  id?: string
  parameters?: Record<string, InferParameter>
  inputs: InferTensor[]
  outputs?: { name: string; parameters?: Record<string, InferParameter> }[]
  raw_input_contents?: Buffer[]
}

export interface ModelInferResponse {
  model_name: string
  model_version: string
  id: string
  parameters?: Record<string, InferParameter>
  outputs: InferTensor[]
  raw_output_contents?: Buffer[]
}

export interface ModelRequest {
  name: string
  version: string
}

export interface ModelConfigResponse {
  config: {
    name: string
    platform: string
    backend: string
    max_batch_size: number
    input: { name: string; data_type: string; dims: number[] }[]
    output: { name: string; data_type: string; dims: number[] }[]
    parameters: Record<string, { string_value: string }>
  } | null
}

/** Key of `ModelConfig.parameters` (gRPC) and of the metadata's `parameters` (REST) that carries model.json. */
export const modelJsonKey = 'model.json'

/** Rows of one ModelInfer call, at most. */
export const maxBatchRows = 4096

const file = resolve(import.meta.dirname, '../../../proto/inference/grpc_service.proto')

const definition = loadSync(file, {
  keepCase: true,
  // Shapes are checked against small bounds, so a size beyond 2^53 is refused whatever it was rounded to.
  longs: Number,
  enums: String,
  defaults: true
})

/** The service as grpc-js takes it: definition for servers, constructor for clients. */
export const inferenceService: ServiceDefinition & ServiceClientConstructor['service'] = definition[
  'inference.GRPCInferenceService'
] as ServiceDefinition

export const InferenceStub = (
  loadPackageDefinition(definition) as unknown as { inference: { GRPCInferenceService: ServiceClientConstructor } }
).inference.GRPCInferenceService
