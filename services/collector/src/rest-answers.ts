import type { Socket } from 'node:net'
import type { FastifyReply } from 'fastify'
import { problemContentType, problemDetails } from './problem-details.ts'
import { refusals, type Refusal, type RefusalCode } from './refusals.ts'
import { summarise, type Result } from './results.ts'

interface ProblemOptions {
  readonly status?: number
  readonly results?: readonly Result[]
  readonly retryAfterSeconds?: number
}

/** Answers with the results of all events, as problem details where the request as a whole has failed. */
export function sendResults(reply: FastifyReply, results: readonly Result[], success: number): FastifyReply {
  const { status, refused } = summarise(results, success)
  if (refused?.code !== undefined) {
    const { code, pointer, detail = '' } = refused
    return sendProblem(reply, { code, detail, ...(pointer !== undefined && { pointer }) }, { status, results })
  }
  return sendJson(reply, status, 'application/json', Buffer.from(JSON.stringify({ results })))
}

/** Answers a request of which nothing was accepted. */
export function sendProblem(reply: FastifyReply, refusal: Refusal, options: ProblemOptions = {}): FastifyReply {
  const { status = refusals[refusal.code].status, retryAfterSeconds = 1 } = options
  if (status === 503 || status === 429) void reply.header('retry-after', String(retryAfterSeconds))
  return sendJson(reply, status, problemContentType, Buffer.from(problemDetails(refusal, options)))
}

/** As bytes: to a string Fastify adds a charset, a parameter that neither media type has. */
export function sendJson(reply: FastifyReply, status: number, contentType: string, json: Buffer): FastifyReply {
  return reply.code(status).header('content-type', contentType).send(json)
}

/** Answers bytes that Node's parser refused, which never became a request, and closes. */
export function answerUnparsed(socket: Socket, code: RefusalCode): void {
  const { status, title } = refusals[code]
  const body = problemDetails({ code, detail: `request: ${title}` })
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    `content-type: ${problemContentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close'
  ]
  if (socket.writable) socket.write([...head, '', body].join('\r\n'))
  socket.destroySoon()
}

/** What an error of Node's HTTP parser means. */
export function codeOfParserError({ code }: NodeJS.ErrnoException): RefusalCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers_too_large'
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request_timeout' : 'malformed_request'
}
