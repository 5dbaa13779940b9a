import { readFile } from 'node:fs/promises'
import { credentials, status, type ChannelCredentials, type Client, type ServiceError } from '@grpc/grpc-js'
import { RefusedError, UnavailableError, type Log } from '@sluice/events'
import { problemsOfModelInfo, type ModelInfo } from './model-info.ts'
import {
  InferenceStub,
  maxBatchRows,
  modelJsonKey,
  type ModelConfigResponse,
  type ModelInferRequest,
  type ModelInferResponse,
  type ModelRequest
} from './protocol.ts'

export { evaluateFeatures } from './evaluate-features.ts'
export type { Feature, ModelInfo, TensorSpec, Transform } from './model-info.ts'

export interface InferenceClientOptions {
  /** `enrichment-api:8001` */
  readonly address: string
  /** Null or absent: plaintext. `{}` trusts the system's authorities. */
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string } | null
  /** How long one call may take. */
  readonly deadlineMs?: number
  readonly log: Log
}

/** A connection to the enrichment API. Its only error for what the world does is InferenceUnavailableError. */
export interface InferenceClient extends AsyncDisposable {
  /** Reads model.json of the highest version that is served now. */
  model(name: string): Promise<ModelInfo>
  /**
   * Scores `count` rows of `model.features.length` numbers, row-major, by exactly this version.
   * The answer has one number per row, NaN where the model has no usable one. Any `count`; large ones are cut.
   */
  infer(model: ModelInfo, rows: Float32Array, count: number): Promise<Float32Array>
}

/**
 * Why the enrichment API cannot be used now:
 * - `unreachable`: no connection, or it broke
 * - `timeout`: no answer within the deadline
 * - `unknown_model`: no version of the model is served
 * - `version_gone`: this version is not served any more; read the model again
 * - `unusable_model`: its model.json asks for something that this client cannot do
 * - `failed`: any other failure on that side
 */
export type InferenceFault = 'unreachable' | 'timeout' | 'unknown_model' | 'version_gone' | 'unusable_model' | 'failed'

export class InferenceUnavailableError extends UnavailableError {
  readonly code: InferenceFault

  constructor(code: InferenceFault, message: string, options?: ErrorOptions) {
    super('enrichment-api', message, options)
    this.code = code
  }
}

/** Connects to the enrichment API, lazily: the first call opens the connection. Files of `tls` that cannot be read are a RefusedError. Does not load onnxruntime. */
export async function connectInference(options: InferenceClientOptions): Promise<InferenceClient> {
  const { address, log, deadlineMs = 5_000 } = options
  const security = await securityOf(options.tls ?? null)
  let stub = openStub(address, security)

  async function call<Answer>(method: string, request: object, gone: InferenceFault): Promise<Answer> {
    try {
      return await unary<Answer>(stub, method, request, deadlineMs)
    } catch (error) {
      const fault = faultOf(error as ServiceError, gone)
      // The connection may be a black hole: the next call gets one of its own.
      if (fault === 'timeout') {
        stub.close()
        stub = openStub(address, security)
      }
      const { details, message } = error as ServiceError
      const text = `enrichment-api at ${address}: ${details || message}`
      if (fault === null) throw new Error(text, { cause: error })
      log.debug({ address, method, code: fault }, text)
      throw new InferenceUnavailableError(fault, text, { cause: error })
    }
  }

  return {
    async model(name) {
      const request: ModelRequest = { name, version: '' }
      const answer = await call<ModelConfigResponse>('ModelConfig', request, 'unknown_model')
      return modelInfoOf(answer.config?.parameters[modelJsonKey]?.string_value, name, address)
    },
    async infer(model, rows, count) {
      const width = model.features.length
      if (rows.length < count * width) throw new Error(`${count} rows of ${width} numbers, but only ${rows.length}`)
      const scores = new Float32Array(count)
      for (let from = 0; from < count; from += maxBatchRows) {
        const to = Math.min(from + maxBatchRows, count)
        const request = inferRequest(model, rows.subarray(from * width, to * width), to - from)
        const answer = await call<ModelInferResponse>('ModelInfer', request, 'version_gone')
        scores.set(scoresOf(answer, to - from, address), from)
      }
      return scores
    },
    async [Symbol.asyncDispose]() {
      stub.close()
    }
  }
}

async function securityOf(tls: InferenceClientOptions['tls']): Promise<ChannelCredentials> {
  if (!tls) return credentials.createInsecure()
  return credentials.createSsl(await read(tls.caFile), await read(tls.keyFile), await read(tls.certFile))
}

async function read(path: string | undefined): Promise<Buffer | null> {
  if (path === undefined) return null
  try {
    return await readFile(path)
  } catch (cause) {
    throw new RefusedError([`enrichment-api: ${path} cannot be read: ${(cause as Error).message}`], { cause })
  }
}

function openStub(address: string, security: ChannelCredentials): Client {
  return new InferenceStub(address, security, {
    'grpc.use_local_subchannel_pool': 1,
    // The defaults (up to two minutes) would prolong every outage.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.dns_min_time_between_resolutions_ms': 1_000,
    'grpc.max_receive_message_length': 4 * 1024 * 1024
  })
}

function unary<Answer>(stub: Client, method: string, request: object, deadlineMs: number) {
  return new Promise<Answer>((resolve, reject) => {
    const calls = stub as unknown as Record<string, UnaryCall<Answer>>
    calls[method]!.call(stub, request, { deadline: Date.now() + deadlineMs }, (error, answer) => {
      if (error) reject(error)
      else resolve(answer!)
    })
  })
}

type UnaryCall<Answer> = (
  request: object,
  options: { readonly deadline: number },
  done: (error: ServiceError | null, answer?: Answer) => void
) => void

/** Null: our own request was wrong. */
function faultOf(error: ServiceError, gone: InferenceFault): InferenceFault | null {
  switch (error.code) {
    case status.UNAVAILABLE:
    case status.CANCELLED:
      return 'unreachable'
    case status.DEADLINE_EXCEEDED:
      return 'timeout'
    case status.NOT_FOUND:
      return gone
    case status.INVALID_ARGUMENT:
      return null
    default:
      return 'failed'
  }
}

function modelInfoOf(json: string | undefined, name: string, address: string): ModelInfo {
  const value = parse(json)
  const problems = problemsOfModelInfo(value)
  if (problems.length === 0) return value as ModelInfo
  const text = `enrichment-api at ${address}: model ${name}: ${problems.join('; ')}`
  throw new InferenceUnavailableError('unusable_model', text)
}

function parse(json = ''): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function inferRequest(model: ModelInfo, rows: Float32Array, count: number): ModelInferRequest {
  return {
    model_name: model.name,
    model_version: model.version,
    inputs: [{ name: model.inputs[0].name, datatype: 'FP32', shape: [count, model.features.length] }],
    outputs: [{ name: model.outputs[0].name }],
    raw_input_contents: [Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength)]
  }
}

function scoresOf(answer: ModelInferResponse, count: number, address: string): Float32Array {
  const bytes = answer.raw_output_contents?.[0]
  if (bytes?.length !== count * 4) {
    throw new InferenceUnavailableError(
      'failed',
      `enrichment-api at ${address}: expected ${count * 4} bytes of scores, found ${bytes?.length ?? 0}`
    )
  }
  return new Float32Array(new Uint8Array(bytes).buffer)
}
