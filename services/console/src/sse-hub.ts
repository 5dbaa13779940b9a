/** A client of the stream: what it takes and how it is let go. */
export interface Sink {
  /** False: its buffer is full. */
  write(chunk: string): boolean
  /** Bytes that it has not taken yet. */
  pending(): number
  close(): void
}

export interface HubOptions {
  /** Of this start of the server; ids of another start are not replayed. */
  readonly boot: string
  readonly now: () => number
  /** What a client gets first, and after a gap. */
  readonly snapshot: () => string | null
  readonly maxClientBytes?: number
  readonly maxReplayBytes?: number
  readonly maxClients?: number
}

interface Client {
  readonly sink: Sink
  /** Numbered messages that were left out because the buffer was full. */
  skipped: number
  /** Since when the buffer has been full. */
  fullSinceMs: number | null
}

const cutAfterMs = 30_000

/**
 * One stream for any number of pages. Two kinds of message: the state, of which only the newest counts, and numbered
 * events, which are never left out silently: whoever misses some is told how many and gets the state anew.
 */
export function createHub(options: HubOptions) {
  const { boot, now, snapshot, maxClientBytes = 1_048_576, maxReplayBytes = 524_288, maxClients = 256 } = options
  const clients = new Set<Client>()
  const replay: { readonly n: number; readonly text: string }[] = []
  let replayBytes = 0
  let lastNumber = 0

  function sendState(client: Client, state: string): void {
    if (isFull(client)) return
    if (client.skipped > 0) {
      client.sink.write(frame('gap', JSON.stringify({ skipped: client.skipped })))
      client.skipped = 0
    }
    client.sink.write(frame('state', state))
  }

  function isFull(client: Client): boolean {
    if (client.sink.pending() < maxClientBytes) {
      client.fullSinceMs = null
      return false
    }
    client.fullSinceMs ??= now()
    if (now() - client.fullSinceMs > cutAfterMs) drop(client)
    return true
  }

  function drop(client: Client): void {
    clients.delete(client)
    client.sink.close()
  }

  return {
    get size() {
      return clients.size
    },
    /** Returns how to remove it, or null when there are too many. `lastEventId`: `<boot>-<number>` of a stream that broke. */
    add(sink: Sink, lastEventId: string | null): (() => void) | null {
      if (clients.size >= maxClients) return null
      const client: Client = { sink, skipped: 0, fullSinceMs: null }
      clients.add(client)
      const [from, number] = lastEventId?.split(/-(?=\d+$)/) ?? []
      const missed = from === boot ? lastNumber - Number(number) : 0
      const kept = from === boot ? replay.filter(({ n }) => n > Number(number)) : []
      if (missed > kept.length) sink.write(frame('gap', JSON.stringify({ skipped: missed - kept.length })))
      for (const { text } of kept) sink.write(text)
      const state = snapshot()
      if (state !== null) sink.write(frame('state', state))
      return () => clients.delete(client)
    },
    state(state: string): void {
      for (const client of clients) sendState(client, state)
    },
    event(body: string): void {
      lastNumber++
      const text = `id: ${boot}-${lastNumber}\n${frame('event', body)}`
      replay.push({ n: lastNumber, text })
      replayBytes += text.length
      while (replayBytes > maxReplayBytes) replayBytes -= replay.shift()!.text.length
      for (const client of clients) {
        if (isFull(client)) client.skipped++
        else client.sink.write(text)
      }
    },
    close(): void {
      for (const client of clients) drop(client)
    }
  }
}

function frame(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`
}
