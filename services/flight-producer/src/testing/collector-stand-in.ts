import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CloudEvent } from '@sluice/events'

/** How the stand-in treats one request: what is stored, and what is answered. */
type Reaction = (events: readonly CloudEvent[]) => Answer

export interface Answer {
  readonly stored: readonly CloudEvent[]
  /** null: the connection is cut, and the client learns nothing. */
  readonly status: number | null
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
}

export interface CollectorStandIn extends AsyncDisposable {
  readonly url: string
  /** Everything stored, in order, repeats included. */
  readonly stored: readonly CloudEvent[]
  /** Ids of each request. */
  readonly requests: readonly (readonly string[])[]
  /** Two requests with events of one key at the same time, ever. */
  readonly overlaps: number
  /** Decides from the next request on. */
  react: Reaction
}

/** A client's counterpart that does to it what a collector under faults may do. The real one is met in e2e. */
export async function startCollectorStandIn(port = 0): Promise<CollectorStandIn> {
  const stored: CloudEvent[] = []
  const requests: string[][] = []
  const inFlight = new Map<string, number>()
  const standIn: { overlaps: number; react: Reaction } = { overlaps: 0, react: acceptAll }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const events = JSON.parse(await textOf(request)) as CloudEvent[]
    requests.push(events.map(({ id }) => id))
    const keys = new Set(events.map(keyOf))
    for (const key of keys) {
      const others = inFlight.get(key) ?? 0
      if (others > 0) standIn.overlaps++
      inFlight.set(key, others + 1)
    }
    // A turn of the event loop, so that requests can meet at all.
    await new Promise((resolve) => setImmediate(resolve))
    const answer = standIn.react(events)
    stored.push(...answer.stored)
    for (const key of keys) inFlight.set(key, (inFlight.get(key) ?? 1) - 1)
    if (answer.status === null) return void request.socket.destroy()
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body))
  }

  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(standIn, {
    stored,
    requests,
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })
}

export function acceptAll(events: readonly CloudEvent[]): Answer {
  return { stored: events, status: 202, body: { results: events.map(({ id }) => ({ id, status: 202 })) } }
}

export function keyOf({ data }: CloudEvent): string {
  return (data as { readonly flight_id: string }).flight_id
}

/** As the collector: once an event of a key fails, the later ones of that key in the request fail too. */
export function acceptSome(events: readonly CloudEvent[], fails: (event: CloudEvent) => boolean): Answer {
  const failed = new Set<string>()
  const stored: CloudEvent[] = []
  const results = events.map((event) => {
    const { id } = event
    if (failed.has(keyOf(event))) return { id, status: 503, code: 'retry_in_order' }
    if (!fails(event)) {
      stored.push(event)
      return { id, status: 202 }
    }
    failed.add(keyOf(event))
    return { id, status: 503, code: 'in_doubt' }
  })
  return { stored, status: failed.size > 0 ? 503 : 202, headers: { 'retry-after': '0' }, body: { results } }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
