import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Health } from './health.ts'
import type { Metrics } from './metrics.ts'

export interface AdminOptions {
  readonly host: string
  readonly port: number
  readonly name: string
  readonly version: string
  readonly health: Health
  readonly metrics: Metrics
  /** A tick older than this is no life; 0 = any age will do. */
  readonly maxTickAgeMs: number
}

export interface AdminServer extends AsyncDisposable {
  readonly port: number
}

/** Serves `/healthz`, `/readyz` and `/metrics` on a port of their own. Nothing is logged per request. */
export async function openAdminServer(options: AdminOptions): Promise<AdminServer> {
  const server = createServer({ requestTimeout: 5_000, maxHeaderSize: 8_192 }, (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      sendJson(request, response, 500, { error: String(error) })
    })
  })
  server.maxConnections = 64
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    }
  }
}

async function answer(options: AdminOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { name, version, health, metrics, maxTickAgeMs } = options
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    return sendJson(request, response, 405, { error: 'GET or HEAD' })
  }
  switch (request.url?.split('?', 1)[0]) {
    case '/healthz': {
      const msSinceTick = Math.round(health.msSinceTick())
      const alive = maxTickAgeMs === 0 || msSinceTick <= maxTickAgeMs
      return sendJson(request, response, alive ? 200 : 503, { alive, service: name, version, msSinceTick })
    }
    case '/readyz': {
      const readiness = health.readiness()
      return sendJson(request, response, readiness.ready ? 200 : 503, { ...readiness, service: name, version })
    }
    case '/metrics':
      return send(request, response, 200, metrics.contentType, await metrics.print())
    default:
      return sendJson(request, response, 404, { error: '/healthz, /readyz or /metrics' })
  }
}

function sendJson(request: IncomingMessage, response: ServerResponse, status: number, body: object): void {
  send(request, response, status, 'application/json', `${JSON.stringify(body)}\n`)
}

function send(request: IncomingMessage, response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store'
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
