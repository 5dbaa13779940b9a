import type { AddressInfo } from 'node:net'
import { httpsOptions, type ServerTls } from '@sluice/service'
import { modelJsonKey, type Model } from '@sluice/inference'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { answer, type Answer, type Fault } from './answer.ts'
import { jsonLengthHeader } from './binary-tensors.ts'
import { configOf, describeModel, describeServer, indexOf } from './describe.ts'
import { findModel } from './find-model.ts'
import type { Listening, ListenDeps } from './listen-grpc.ts'
import { rawOf } from './read-tensors.ts'
import { readRestRequest, type RestRequest } from './rest-request.ts'
import type { Scored } from './score.ts'

export interface RestPlace {
  readonly host: string
  readonly port: number
  /** Null: plaintext. */
  readonly tls: ServerTls | null
}

/** The Open Inference Protocol over HTTP. Every error is `{"error": "…"}`. */
export async function listenRest({ tls, ...at }: RestPlace, deps: ListenDeps): Promise<Listening> {
  const app = createRest(deps, tls)
  await app.listen(at)
  const { port } = app.server.address() as AddressInfo
  return { port, [Symbol.asyncDispose]: () => app.close() }
}

function createRest({ models, score, version, log }: ListenDeps, tls: ServerTls | null): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: 4 * 1024 * 1024,
    requestTimeout: 10_000,
    forceCloseConnections: 'idle',
    frameworkErrors: fail,
    ...(tls !== null && { https: httpsOptions(tls) })
  })
  // A body may be JSON followed by bytes, under any content type.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  const modelRoutes: Record<string, (model: Model) => object> = {
    '': (model) => ({
      ...describeModel(models, model),
      parameters: { [modelJsonKey]: JSON.parse(model.json) as object }
    }),
    '/config': configOf,
    '/ready': ({ info }) => ({ name: info.name, ready: true })
  }
  for (const base of ['/v2/models/:name', '/v2/models/:name/versions/:version']) {
    for (const [path, describe] of Object.entries(modelRoutes)) {
      app.get<{ Params: ModelPath }>(base + path, (request, reply) => {
        const found = findModel(models, request.params.name, request.params.version)
        return send(reply, found.ok ? answer(describe(found.value)) : found)
      })
    }
    app.post<{ Params: ModelPath; Body: Buffer | undefined }>(`${base}/infer`, infer)
  }
  app.get('/v2', () => describeServer(version))
  app.get('/v2/health/live', () => ({ live: true }))
  app.get('/v2/health/ready', () => ({ ready: true }))
  app.post('/v2/repository/index', () => indexOf(models))

  async function infer(request: FastifyRequest<{ Params: ModelPath; Body: Buffer | undefined }>, reply: FastifyReply) {
    const header = request.headers[jsonLengthHeader]
    const read = readRestRequest(request.body ?? Buffer.alloc(0), header === undefined ? undefined : String(header))
    if (!read.ok) return send(reply, read)
    const { name, version: asked = '' } = request.params
    const scored = await score({ input: 'rest', model: name, version: asked, ...read.value })
    return scored.ok ? sendScores(reply, read.value, scored.value) : send(reply, scored)
  }

  app.setNotFoundHandler((request, reply) => {
    reply.code(404).send({ error: `${request.method} ${request.url.slice(0, 128)}: no such path` })
  })
  app.setErrorHandler(fail)

  function fail(error: Error & { statusCode?: number }, request: FastifyRequest, reply: FastifyReply) {
    const { statusCode = 500, message } = error
    if (statusCode >= 500) log.error({ err: error, path: request.routeOptions.url }, 'request failed')
    reply.code(statusCode).send({ error: statusCode >= 500 ? 'internal error' : message })
  }
  return app
}

interface ModelPath {
  name: string
  version?: string
}

const statusOf: Record<Fault, number> = { not_found: 404, invalid_argument: 400, overloaded: 503 }

function send(reply: FastifyReply, given: Answer<object>): FastifyReply {
  if (given.ok) return reply.send(given.value)
  if (given.fault === 'overloaded') reply.header('retry-after', '1')
  return reply.code(statusOf[given.fault]).send({ error: given.message })
}

function sendScores(reply: FastifyReply, request: RestRequest, { model, output, scores }: Scored): FastifyReply {
  const body = (tensor: object) => ({
    model_name: model.info.name,
    model_version: model.info.version,
    ...(request.id === undefined ? {} : { id: request.id }),
    outputs: [{ ...output, ...tensor }]
  })
  if (!request.wantsBinary)
    return reply.send(body({ data: Array.from(scores, (score) => (Number.isNaN(score) ? null : score)) }))
  const json = Buffer.from(JSON.stringify(body({ parameters: { binary_data_size: scores.byteLength } })))
  return reply
    .header('content-type', 'application/octet-stream')
    .header(jsonLengthHeader, String(json.length))
    .send(Buffer.concat([json, rawOf(scores)]))
}
