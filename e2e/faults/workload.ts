import { setTimeout as sleep } from 'node:timers/promises'
import { partitionOf } from '@sluice/contracts'
import { cloudEventsContentType, header, UnavailableError } from '@sluice/events'
import { openKafka, openLanes, type Lanes } from '@sluice/kafka'
import { eventsOfKey, type Fate, type KeyEvents, type Made } from './events.ts'
import type { Lab } from './lab.ts'
import { createLedger, type Entry, type Ledger } from './ledger.ts'
import { openPublisher, type Publisher } from './publish.ts'
import { createRandom, type Random } from './random.ts'
import { silentLog } from './silent-log.ts'

/** Of all events, where nothing else is said. */
export const invalidShare = 0.05

export interface WorkloadOptions {
  readonly seed: number
  /** Of all keys together. */
  readonly eventsPerSecond: number
  /** Each key is a client with one request in flight. */
  readonly keys?: number
  /** Shares of all events. */
  readonly invalid?: number
  readonly repeated?: number
  readonly straightToRaw?: number
  /** Keys by number, if not 0, 1, 2, …: two workloads on one platform must not share any. */
  readonly firstKey?: number
}

export interface Workload extends AsyncDisposable {
  readonly ledger: Ledger
  /** No new events; waits until those in hand are answered or the time is over. */
  stop(graceMs?: number): Promise<void>
}

/**
 * Sends events of many keys, over REST and gRPC by halves and a few straight into the raw topic. A key's next event is
 * sent only when the one before is durable: until then it is sent again, to whichever collector there is.
 */
export function startWorkload(lab: Lab, options: WorkloadOptions): Workload {
  const {
    seed,
    eventsPerSecond,
    keys = 48,
    invalid = invalidShare,
    repeated = 0.02,
    straightToRaw = 0.01,
    firstKey = 0
  } = options
  const random = createRandom(seed)
  const ledger = createLedger(Date.now)
  const ending = new AbortController()
  const giveUp = new AbortController()
  const { apiKeys } = lab.platform.credentials()
  const publisher = openPublisher({
    restPorts: lab.links.rest.map(({ port }) => port),
    grpcPorts: lab.links.grpc.map(({ port }) => port),
    apiKey: apiKeys['demo'] ?? ''
  })
  const kafka = openKafka(
    { brokers: [`127.0.0.1:${lab.links.kafka.port}`], clientId: 'client', tls: null, sasl: null },
    { log: silentLog }
  )
  const raw = { name: 'events.raw', partitions: 6, maxMessageBytes: 1_048_576 } as const
  const lanes = openLanes(kafka, { topic: raw as never }, { log: silentLog })

  const client = { publisher, lanes, replicas: lab.links.rest.length, giveUp: giveUp.signal, now: Date.now }
  const running = Array.from({ length: keys }, (_, index) => liveKey(firstKey + index, random.fork()))
  const done = Promise.all(running).then(() => undefined)

  async function liveKey(index: number, own: Random): Promise<void> {
    const events = eventsOfKey(index, own)
    await sleep(own.next() * 1000 * (keys / eventsPerSecond))
    while (!ending.signal.aborted) {
      const began = performance.now()
      await sendOne(client, ledger, events, own, { index, invalid, repeated, straightToRaw })
      const pauseMs = (keys / eventsPerSecond) * 1000 - (performance.now() - began)
      if (pauseMs > 0) await sleep(pauseMs, undefined, { signal: ending.signal }).catch(() => undefined)
    }
  }

  async function stop(graceMs = 30_000): Promise<void> {
    ending.abort()
    const inTime = new AbortController()
    await Promise.race([done, sleep(graceMs, undefined, { signal: inTime.signal }).catch(() => undefined)])
    inTime.abort()
    giveUp.abort()
    await done
    publisher[Symbol.dispose]()
    await lanes[Symbol.asyncDispose]()
  }

  let stopped: Promise<void> | undefined
  const stopOnce = (graceMs?: number): Promise<void> => (stopped ??= stop(graceMs))
  return { ledger, stop: stopOnce, [Symbol.asyncDispose]: () => stopOnce(0) }
}

interface Client {
  readonly publisher: Publisher
  readonly lanes: Lanes
  readonly replicas: number
  readonly giveUp: AbortSignal
  readonly now: () => number
}

interface Shares {
  readonly index: number
  readonly invalid: number
  readonly repeated: number
  readonly straightToRaw: number
}

async function sendOne(
  client: Client,
  ledger: Ledger,
  events: KeyEvents,
  random: Random,
  { index, invalid, repeated, straightToRaw }: Shares
): Promise<void> {
  if (random.chance(straightToRaw / 2)) await sendGarbage(client, ledger, random)
  const fate: Fate = random.chance(invalid) ? random.pick(['contract', 'clock_skew']) : 'valid'
  const made = events.next(fate)
  const via = random.chance(straightToRaw / 2) ? 'raw' : index % 2 === 0 ? 'rest' : 'grpc'
  const entry = ledger.open({ id: made.event.id, key: made.key, n: made.n, fate, via })
  if (!(await untilDurable(client, entry, made, random))) return
  if (random.chance(repeated))
    for (let copies = 1 + random.int(4); copies > 0; copies -= 1) await attempt(client, entry, made, random)
}

/** False: given up. */
async function untilDurable(client: Client, entry: Entry, made: Made, random: Random): Promise<boolean> {
  for (let pauseMs = 50; !client.giveUp.aborted; pauseMs = Math.min(1_000, pauseMs * 2)) {
    if (await attempt(client, entry, made, random)) return true
    await sleep(pauseMs, undefined, { signal: client.giveUp }).catch(() => undefined)
  }
  return false
}

async function attempt(client: Client, entry: Entry, { key, event }: Made, random: Random): Promise<boolean> {
  entry.attempts += 1
  if (entry.via === 'raw') {
    const received = { ...event, receivedtime: new Date(client.now()).toISOString(), sourceid: 'demo' }
    const place = await sendRaw(client, Buffer.from(key), JSON.stringify(received))
    return place !== null && note(client, entry, place)
  }
  const [answer] = await client.publisher[entry.via](random.int(client.replicas), [event])
  if (answer?.status === 202) return note(client, entry, answer.place)
  // Nothing that this client sends is refused for its content: the contract is the enricher's to judge.
  if (answer !== undefined && answer.status >= 400 && answer.status < 500 && answer.status !== 429)
    entry.odd.push(`${answer.status} ${answer.code}`)
  return false
}

function note({ now }: Client, entry: Entry, place: readonly [number, number] | null): true {
  entry.answered += 1
  entry.answeredAtMs ??= now()
  if (place === null) entry.odd.push('durable, but nobody knows where')
  else entry.places.push(place)
  return true
}

/** Sent once: a second copy could not be told from the first. */
async function sendGarbage(client: Client, ledger: Ledger, random: Random): Promise<void> {
  const id = `garbage-${random.int(2 ** 31)}-${ledger.entries.length}`
  const entry = ledger.open({ id, key: null, n: 0, fate: 'parse', via: 'raw' })
  entry.attempts += 1
  const place = await sendRaw(client, Buffer.from(id), id)
  if (place !== null) note(client, entry, place)
}

async function sendRaw({ lanes }: Client, key: Buffer, value: string): Promise<readonly [number, number] | null> {
  const headers = { [header.contentType]: cloudEventsContentType }
  try {
    const sent = await lanes.send({ partition: partitionOf(key, 6), key, value: Buffer.from(value), headers })
    return [sent.partition, Number(sent.offset)]
  } catch (error) {
    if (error instanceof UnavailableError) return null
    throw error
  }
}
