import { status, type Server, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js'
import type { Log } from '@sluice/events'
import { addReflection, bindServer, createServer, type GrpcPlace } from '@sluice/grpc'
import {
  inferenceService,
  type InferTensor,
  type Model,
  type ModelInferRequest,
  type ModelInferResponse,
  type ModelRequest,
  type Models
} from '@sluice/inference'
import { HealthImplementation } from 'grpc-health-check'
import { answer, refuse, type Answer, type Fault } from './answer.ts'
import { configOf, describeModel, describeServer, indexOf } from './describe.ts'
import { findModel } from './find-model.ts'
import { rawOf, readNumbers, readRaw } from './read-tensors.ts'
import type { InputTensor, Score, Scored, ScoreRequest } from './score.ts'

export interface ListenDeps {
  readonly models: Models
  readonly score: Score
  readonly version: string
  readonly log: Log
}

export interface Listening extends AsyncDisposable {
  readonly port: number
}

const serviceName = 'inference.GRPCInferenceService'

export interface GrpcOptions extends GrpcPlace {
  /** Whether clients such as grpcurl may ask what can be called. */
  readonly reflection: boolean
}

/** The Open Inference Protocol over gRPC, beside grpc.health.v1 and grpc.reflection. */
export async function listenGrpc(at: GrpcOptions, deps: ListenDeps): Promise<Listening> {
  const server = createServer({ 'grpc.max_receive_message_length': 4 * 1024 * 1024 })
  const health = new HealthImplementation({ '': 'SERVING', [serviceName]: 'SERVING' })
  health.addToServer(server)
  server.addService(inferenceService, handlersOf(deps))
  if (at.reflection) addReflection(server, [serviceName])
  const port = await bindServer(server, at)
  return {
    port,
    async [Symbol.asyncDispose]() {
      health.setStatus('', 'NOT_SERVING')
      await shutDown(server)
    }
  }
}

function handlersOf({ models, score, version, log }: ListenDeps) {
  type Handle<Request> = (request: Request) => Answer<object> | Promise<Answer<object>>

  function unary<Request>(handle: Handle<Request>) {
    async function respond(call: ServerUnaryCall<Request, object>, done: sendUnaryData<object>) {
      try {
        const given = await handle(call.request)
        if (given.ok) done(null, given.value)
        else done({ code: statusOf[given.fault], details: given.message })
      } catch (error) {
        log.error({ err: error, method: call.getPath() }, 'request failed')
        done({ code: status.INTERNAL, details: 'internal error' })
      }
    }
    return (call: ServerUnaryCall<Request, object>, done: sendUnaryData<object>) => void respond(call, done)
  }

  function ofModel(describe: (model: Model) => object) {
    return unary<ModelRequest>((request) => {
      const found = findModel(models, request.name, request.version)
      return found.ok ? answer(describe(found.value)) : found
    })
  }

  return {
    ServerLive: unary(() => answer({ live: true })),
    ServerReady: unary(() => answer({ ready: true })),
    ModelReady: unary<ModelRequest>(({ name, version: asked }) => answer({ ready: findModel(models, name, asked).ok })),
    ServerMetadata: unary(() => answer(describeServer(version))),
    ModelMetadata: ofModel((model) => describeModel(models, model)),
    ModelConfig: ofModel((model) => ({ config: configOf(model) })),
    RepositoryIndex: unary(() => answer({ models: indexOf(models) })),
    ModelInfer: unary<ModelInferRequest>(async (request) => {
      const read = scoreRequest(request)
      if (!read.ok) return read
      const scored = await score(read.value)
      return scored.ok ? answer(responseTo(request, scored.value)) : scored
    })
  }
}

const statusOf: Record<Fault, status> = {
  not_found: status.NOT_FOUND,
  invalid_argument: status.INVALID_ARGUMENT,
  overloaded: status.RESOURCE_EXHAUSTED
}

function scoreRequest(request: ModelInferRequest): Answer<ScoreRequest> {
  const { model_name, model_version, inputs, outputs = [], raw_input_contents: raw = [] } = request
  if (raw.length > 0 && raw.length !== inputs.length) {
    return refuse('invalid_argument', `expected raw_input_contents for ${inputs.length} inputs, found ${raw.length}`)
  }
  return answer({
    input: 'grpc',
    model: model_name,
    version: model_version,
    inputs: inputs.map((input, i) => inputTensor(input, raw[i])),
    outputs: outputs.map(({ name }) => name)
  })
}

function inputTensor({ name, datatype, shape, contents }: InferTensor, raw: Buffer | undefined): InputTensor {
  return {
    name,
    datatype,
    shape,
    values(count) {
      if (raw === undefined) return readNumbers(name, contents?.fp32_contents ?? [], count)
      return contents
        ? refuse('invalid_argument', `input ${name}: expected contents or raw_input_contents, found both`)
        : readRaw(name, raw, count)
    }
  }
}

/** In the form of the request: raw to raw, typed to typed. */
function responseTo(request: ModelInferRequest, { model, output, scores }: Scored): ModelInferResponse {
  const { name, datatype, shape } = output
  const tensor: InferTensor = { name, datatype, shape: [...shape] }
  const isRaw = (request.raw_input_contents ?? []).length > 0
  return {
    model_name: model.info.name,
    model_version: model.info.version,
    id: request.id ?? '',
    outputs: [isRaw ? tensor : { ...tensor, contents: { fp32_contents: [...scores] } }],
    raw_output_contents: isRaw ? [rawOf(scores)] : []
  }
}

/** Lets calls finish for a while: a client may keep its connection for ever. */
async function shutDown(server: Server): Promise<void> {
  const finished = new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
  const timer = setTimeout(() => server.forceShutdown(), 2_000)
  await finished
  clearTimeout(timer)
}
