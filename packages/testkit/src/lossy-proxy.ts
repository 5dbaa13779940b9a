import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Exchange {
  readonly method: string
  /** Path and query. */
  readonly url: string
}

/**
 * What happens to one request. `lose-answer`: it is carried out and the connection dies; `drop`: it never arrives;
 * a number: that status instead of an answer; a function runs once it was carried out, before the answer.
 */
export type Fate = 'pass' | 'lose-answer' | 'drop' | number | (() => Promise<void> | void)

export interface LossyProxy extends AsyncDisposable {
  readonly endpoint: string
  /** Asked for every request. */
  decide: (exchange: Exchange) => Fate
}

/** An HTTP proxy in front of the S3 server. The Host header passes unchanged, so that signatures hold. */
export async function startLossyProxy(target: string): Promise<LossyProxy> {
  const { hostname, port } = new URL(target)
  const server = createServer((incoming, answer) => void handle(incoming, answer))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy: LossyProxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    decide: () => 'pass',
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }

  async function handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await collect(incoming)
    const fate = proxy.decide({ method: incoming.method ?? '', url: incoming.url ?? '' })
    if (fate === 'drop') return void incoming.socket.destroy()
    if (typeof fate === 'number') return void answer.writeHead(fate).end()
    const outgoing = request({ hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers })
    outgoing.once('error', () => incoming.socket.destroy())
    outgoing.once('response', (response) => void giveBack(response, fate, incoming, answer))
    outgoing.end(body)
  }

  return proxy
}

async function giveBack(
  response: IncomingMessage,
  fate: Fate,
  incoming: IncomingMessage,
  answer: ServerResponse
): Promise<void> {
  const content = await collect(response)
  if (typeof fate === 'function') await fate()
  if (fate === 'lose-answer') incoming.socket.destroy()
  else answer.writeHead(response.statusCode ?? 502, response.headers).end(content)
}

async function collect(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
