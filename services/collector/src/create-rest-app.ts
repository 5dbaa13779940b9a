import type { Socket } from 'node:net'
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest, type RouteHandlerMethod } from 'fastify'
import type { Log } from '@sluice/events'
import { httpsOptions, type ServerTls } from '@sluice/service'
import type { ApiKeys, Principal } from './api-keys.ts'
import type { InFlight } from './in-flight.ts'
import type { Candidate, Reception } from './judge-event.ts'
import { contentModeOf, type ContentMode } from './media-type.ts'
import type { Publisher } from './publish-events.ts'
import type { Quota } from './quota.ts'
import { readBody } from './read-body.ts'
import { readEvents } from './read-events.ts'
import { RequestRefused, type Refusal } from './refusals.ts'
import { answerUnparsed, codeOfParserError, sendJson, sendProblem, sendResults } from './rest-answers.ts'
import type { Result } from './results.ts'
import { traceOf } from './trace-of.ts'

export interface RestDeps {
  readonly keys: ApiKeys
  readonly publisher: Publisher
  readonly validateAll: (candidates: readonly Candidate[], reception: Reception) => readonly Result[]
  readonly quota: Quota
  readonly inFlight: InFlight
  readonly maxBodyBytes: number
  /** What GET answers, by path: `/openapi.json` and the like. */
  readonly documents: ReadonlyMap<string, object>
  /** Why nothing can be taken now, in words; null: it can. */
  readonly problem: () => string | null
  readonly now: () => number
  readonly log: Log
  /** Counts a request that was refused as a whole. */
  readonly onRefused: (refusal: Refusal) => void
  /** A request that has not arrived after this time is refused (408). Default 10,000. */
  readonly requestTimeoutMs?: number
  /** Null or absent: plaintext. */
  readonly tls?: ServerTls | null
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before any handler runs. */
    principal: Principal | null
  }
}

/** What a route does with the events of a request. */
type Act = (candidates: readonly Candidate[], reception: Reception) => Promise<readonly Result[]>

const maxHeaderBytes = 16_384
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/**
 * The REST side, not listening yet. No route is open: the hook that asks for a key runs before every handler, that of
 * unknown paths included. Nothing is logged for a request, and no parser, validator or serializer of Fastify sees one:
 * they change what they read.
 */
export function createRestApp(deps: RestDeps): FastifyInstance {
  const { keys, publisher, validateAll, quota, inFlight, maxBodyBytes, problem, now, log, onRefused } = deps
  const { requestTimeoutMs = 10_000, tls = null } = deps
  const server = {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: requestTimeoutMs, // Node takes the smaller of the two for the headers, and the larger for the rest
    connectionsCheckingInterval: requestTimeoutMs / 10
  }
  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    trustProxy: false,
    forceCloseConnections: 'idle',
    return503OnClosing: false, // `problem` answers that, with details
    requestTimeout: requestTimeoutMs,
    ...(tls === null ? { http: server } : { https: { ...server, ...httpsOptions(tls) } }),
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => {
      if (socket.destroyed || error.code === 'ECONNRESET') return
      const code = codeOfParserError(error)
      onRefused({ code, detail: '' })
      answerUnparsed(socket, code)
    },
    frameworkErrors: (_error, _request, reply) => {
      void refuse(
        reply,
        new RequestRefused('malformed_request', 'path: expected legal percent-encoding, found another')
      )
    }
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null)) // the handler reads the body itself
  app.decorateRequest('principal', null)

  app.addHook('onRequest', async (request, reply) => {
    // Before the key: one in the query would otherwise be taken for missing, and be sent again.
    if (request.raw.url?.includes('?') === true) {
      const detail = 'query: expected none, found one; a key belongs into the authorization header'
      throw new RequestRefused('unexpected_query', detail)
    }
    request.principal = keys.authenticate(request.headers.authorization)
    if (request.principal === null) {
      void reply.header('www-authenticate', 'Bearer')
      throw new RequestRefused('unauthenticated', 'authorization: expected Bearer and a valid API key, found none')
    }
  })

  addEventRoute('/v1/events', 202, async (candidates, reception) => {
    const waitSeconds = quota.take(reception.principal.id, candidates.length)
    if (waitSeconds > 0) {
      throw new RequestRefused('over_quota', 'key: expected fewer events, found too many', Math.ceil(waitSeconds))
    }
    return publisher.publishAll('rest', candidates, reception)
  })
  addEventRoute('/v1/events/validate', 200, async (candidates, reception) => validateAll(candidates, reception))

  for (const [url, document] of deps.documents) {
    const body = Buffer.from(JSON.stringify(document))
    addRoute('GET', url, (_request, reply) => sendJson(reply, 200, 'application/json', body))
  }

  app.setNotFoundHandler(() => {
    const expected = '/v1/events, /v1/events/validate, /v1/schemas or /openapi.json'
    throw new RequestRefused('not_found', `path: expected ${expected}, found another`)
  })
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof RequestRefused) return refuse(reply, error)
    if (request.raw.destroyed) return reply.hijack() // the client has gone: no one is there to answer
    log.error({ err: error }, 'request failed')
    return refuse(reply, new RequestRefused('internal', 'request: something failed here'))
  })
  return app

  function addEventRoute(url: string, success: number, act: Act): void {
    addRoute('POST', url, async (request, reply) => sendResults(reply, await resultsOf(request, act), success))
  }

  /** The path knows this method alone: any other is refused in our words. */
  function addRoute(method: string, url: string, handler: RouteHandlerMethod): void {
    app.route({ method, url, handler })
    app.route({
      method: methods.filter((other) => other !== method),
      url,
      handler: (_request, reply) => {
        void reply.header('allow', method)
        throw new RequestRefused('method_not_allowed', `method: expected ${method}, found another`)
      }
    })
  }

  /** The bytes of the body count as in flight until its events are answered for. */
  async function resultsOf(request: FastifyRequest, act: Act): Promise<readonly Result[]> {
    const mode = modeOf(request)
    const why = problem()
    if (why !== null) throw new RequestRefused('not_ready', why)
    using body = await readBody(request.raw, { maxBytes: maxBodyBytes, inFlight })
    const candidates = readEvents({ mode, body: body.bytes, rawHeaders: request.raw.rawHeaders })
    return await act(candidates, receptionOf(request, now()))
  }

  function refuse(reply: FastifyReply, { refusal, retryAfterSeconds }: RequestRefused): FastifyReply {
    onRefused(refusal)
    // The rest of a body is read and thrown away so that the connection can be used again, but not any amount of it.
    const { complete, headers } = reply.request.raw
    if (!complete && !(Number(headers['content-length']) <= maxBodyBytes)) void reply.header('connection', 'close')
    return sendProblem(reply, refusal, { retryAfterSeconds })
  }
}

function modeOf({ headers }: FastifyRequest): ContentMode {
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new RequestRefused('unsupported_encoding', 'content-encoding: expected none, found one')
  }
  const mode = contentModeOf(headers['content-type'])
  if (mode === null) {
    const expected = 'application/cloudevents+json, application/cloudevents-batch+json or application/json'
    throw new RequestRefused('unsupported_media_type', `content-type: expected ${expected} in UTF-8, found another`)
  }
  return mode
}

function receptionOf({ principal, headers }: FastifyRequest, receivedAtMs: number): Reception {
  if (principal === null) throw new Error('a handler runs without a principal')
  return { principal, receivedAtMs, ...traceOf(headers.traceparent) }
}
