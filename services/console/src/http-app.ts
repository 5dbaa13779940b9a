import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import fastify, { type FastifyInstance } from 'fastify'
import type { Log } from '@sluice/events'
import type { createHub } from './sse-hub.ts'

export interface Pages {
  readonly history: () => unknown
  readonly flights: () => Promise<unknown>
  readonly letters: (group: string | null) => unknown
  readonly letter: (at: string) => Promise<unknown>
  /** The event of a letter as its sender sent it; null: there is no such letter. */
  readonly sentBytes: (at: string) => Promise<Buffer | null>
  readonly trace: (query: string) => Promise<unknown>
  readonly random: (kind: string) => unknown
  readonly contracts: () => Promise<unknown>
  readonly storage: () => unknown
  /** Text of a contract's file; null: there is none of that name. */
  readonly schema: (file: string) => string | null
}

export interface AppDeps {
  readonly hub: ReturnType<typeof createHub>
  readonly pages: Pages
  /** Folder of the built page. */
  readonly pageDir: string
  readonly log: Log
}

/** Paths of the page itself: everything has an address, and each of them is the same file. */
const views = [
  '/',
  '/flights',
  '/dead-letters',
  '/trace',
  '/contracts',
  '/contracts/:type',
  '/storage',
  '/storage/:table'
]

const securityHeaders = {
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer'
}

/** The page, its data, and the stream. Reads only: there is no other method than GET. */
export async function createApp({ hub, pages, pageDir, log }: AppDeps): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 512 },
    requestTimeout: 15_000
  })
  app.addHook('onSend', async (_request, reply) => void reply.headers(securityHeaders))
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const { statusCode = 500, message } = error
    if (statusCode >= 500) log.warn({ err: error }, 'request failed')
    return reply.code(statusCode).send({ error: message })
  })

  app.get('/events', (request, reply) => {
    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', ...securityHeaders })
    const last = request.headers['last-event-id']
    const remove = hub.add(
      { write: (chunk) => raw.write(chunk), pending: () => raw.writableLength, close: () => raw.destroy() },
      typeof last === 'string' ? last : null
    )
    if (remove === null) raw.end('event: full\ndata: {}\n\n')
    else raw.on('close', remove)
  })

  const json = (path: string, read: (query: Readonly<Record<string, string | undefined>>) => unknown): void => {
    app.get<{ Querystring: Record<string, string | undefined> }>(path, async (request, reply) => {
      const body = await read(request.query)
      if (body === null) return reply.code(404).send({ error: 'not found' })
      return reply.header('cache-control', 'no-store').send(body)
    })
  }
  json('/api/history', pages.history)
  json('/api/flights', pages.flights)
  json('/api/dead-letters', ({ group }) => pages.letters(group ?? null))
  json('/api/dead-letter', ({ at }) => pages.letter(at ?? ''))
  json('/api/trace', ({ q }) => pages.trace(q ?? ''))
  json('/api/random', ({ kind }) => pages.random(kind ?? 'event'))
  json('/api/contracts', pages.contracts)
  json('/api/storage', pages.storage)

  app.get<{ Querystring: { at?: string } }>('/api/dead-letter/sent', async (request, reply) => {
    const bytes = await pages.sentBytes(request.query.at ?? '')
    if (bytes === null) return reply.code(404).send({ error: 'not found' })
    return reply.header('cache-control', 'no-store').type('application/octet-stream').send(bytes)
  })

  app.get<{ Params: { file: string } }>('/schemas/:file', (request, reply) => {
    const text = pages.schema(request.params.file)
    return text === null ? reply.code(404).send({ error: 'not found' }) : reply.type('application/json').send(text)
  })

  await servePage(app, pageDir)
  return app
}

async function servePage(app: FastifyInstance, pageDir: string): Promise<void> {
  if (!existsSync(join(pageDir, 'index.html'))) {
    app.get('/', (_request, reply) =>
      reply.code(503).type('text/plain').send('The page is not built: node services/console/build-page.ts\n')
    )
    return
  }
  await app.register(fastifyStatic, {
    root: pageDir,
    index: false,
    wildcard: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      // For reading, not for saving.
      if (path.endsWith('.md')) reply.header('content-type', 'text/plain; charset=utf-8')
      // Names under assets/ carry a digest of their content.
      reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
    }
  })
  for (const view of views) app.get(view, (_request, reply) => reply.sendFile('index.html'))
}
