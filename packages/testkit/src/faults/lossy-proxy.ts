import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Exchange {
  readonly method: string
  /** Path and query. */
  readonly url: string
}

/**
 * What happens to one request. `lose-answer`: it is carried out and the connection dies; `drop`: it never arrives;
 * a number: that status instead of an answer; an error: that status with S3's error document (200 is possible: S3 knows
 * answers that begin well and end badly); `holdMs`: it arrives late, also when its sender has given up; a function runs
 * once it was carried out, before the answer.
 */
export type Fate =
  | 'pass'
  | 'lose-answer'
  | 'drop'
  | number
  | { readonly status: number; readonly error: string }
  | { readonly holdMs: number }
  | (() => Promise<void> | void)

export interface LossyProxy extends AsyncDisposable {
  readonly endpoint: string
  /** Asked for every request. */
  decide: (exchange: Exchange) => Fate
}

/** An HTTP proxy in front of the S3 server. The Host header passes unchanged, so that signatures hold. */
export async function startLossyProxy(target: string): Promise<LossyProxy> {
  const { hostname, port } = new URL(target)
  const server = createServer((incoming, answer) => void handle(incoming, answer).catch(() => incoming.destroy()))
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
    if (typeof fate === 'object' && 'error' in fate) return answerError(answer, fate)
    if (typeof fate === 'object') await sleep(fate.holdMs)
    const outgoing = request({ hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers })
    outgoing.once('error', () => incoming.socket.destroy())
    outgoing.once('response', (response) => {
      giveBack(response, fate, incoming, answer).catch(() => incoming.socket.destroy())
    })
    outgoing.end(body)
  }

  return proxy
}

function answerError(answer: ServerResponse, { status, error }: { status: number; error: string }): void {
  const document = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${error}</Code><Message>on purpose</Message></Error>`
  answer.writeHead(status, { 'content-type': 'application/xml', 'content-length': document.length }).end(document)
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
