import { uniqueName, waitFor } from '@sluice/testkit'
import { header, ok, reject, type KafkaRecord } from '@sluice/events'
import type { Topics } from '@sluice/contracts'
import type { Kafka } from './client.ts'
import { readAll, silent, topicsOf, type Message } from './test-support.ts'
import { ensureTopics } from './topics.ts'
import { runTransform } from './transform.ts'
import type { CommittedBatch, Running, TransformOptions } from './types.ts'
import { watchLag } from './watch-lag.ts'

export interface Item {
  readonly id: string
  readonly record: KafkaRecord
}

export interface Run extends AsyncDisposable {
  readonly topics: Topics
  readonly group: string
  readonly running: Running
  readonly committed: CommittedBatch<Item>[]
  at(partition: number): { readonly topic: string; readonly partition: number }
  /** Until the group has committed everything that is in the raw topic. */
  untilDone(): Promise<void>
  /** What became of each raw offset, by the outputs alone. */
  account(partition: number): Promise<Account[]>
}

export interface Account {
  readonly origin: number
  readonly offset: bigint
  readonly reason: string | null
  readonly message: string | null
  readonly firstOffset: string | null
}

/** Runs a transform of JSON objects whose properties say what is to go wrong with them. */
export async function start(
  kafka: Kafka,
  options: Partial<TransformOptions<Item>> = {},
  like?: Pick<Run, 'topics' | 'group'>
): Promise<Run> {
  const topics = like?.topics ?? topicsOf()
  if (!like) await ensureTopics(kafka, topics, { log: silent, newId: () => 'one' })
  const group = options.group ?? like?.group ?? uniqueName('transform')
  const committed: CommittedBatch<Item>[] = []
  const running = runTransform<Item>(
    kafka,
    {
      group,
      topics,
      service: { name: 'test', version: '9' },
      sessionTimeoutMs: 6_000,
      check,
      enrich: async (items) => items.map(enrich),
      onCommitted: (batch) => committed.push(batch),
      ...options
    },
    { log: silent, now: Date.now }
  )
  return {
    topics,
    group,
    running,
    committed,
    at: (partition) => ({ topic: topics.raw.name, partition }),
    async untilDone() {
      using watch = watchLag(kafka, group, topics.raw.name)
      await waitFor('lag 0', async () => (await watch.ask()).every(({ lag }) => lag === 0), { timeoutMs: 30_000 })
    },
    async account(partition) {
      const records = [
        ...(await readAll(kafka, topics.enriched.name, partition)),
        ...(await readAll(kafka, topics.dlq.name, partition))
      ]
      return records
        .map((record) => ({
          origin: Number(text(record, header.originOffset) ?? text(record, header.dlqOriginOffset)),
          offset: record.offset,
          reason: text(record, header.dlqReason),
          message: text(record, header.dlqMessage),
          firstOffset: text(record, header.dlqFirstOffset)
        }))
        .toSorted((a, b) => a.origin - b.origin)
    },
    [Symbol.asyncDispose]: () => running.stop()
  }
}

function check(record: KafkaRecord) {
  let parsed: Record<string, unknown>
  try {
    parsed = JSON.parse(String(record.value)) as Record<string, unknown>
    if (parsed === null) throw new SyntaxError('null')
  } catch {
    return { identity: null, contract: null, result: reject('parse', '', 'not JSON') }
  }
  if (parsed['checkThrows']) throw new TypeError('check')
  const known = { identity: String(parsed['id']), contract: 'test:1.0' }
  if (parsed['bad']) return { ...known, result: reject('contract', '/data/bad', 'bad') }
  return { ...known, result: ok({ id: known.identity, record }) }
}

function enrich(item: Item) {
  const { enrichThrows, grow = 0 } = JSON.parse(String(item.record.value)) as { enrichThrows?: true; grow?: number }
  if (enrichThrows) throw new TypeError('enrich')
  return ok(enrichedFrom(item, 'x'.repeat(grow)))
}

export function enrichedFrom({ id, record }: Item, by = '') {
  const value = Buffer.from(JSON.stringify({ id, enriched: true, ...(by && { by }) }))
  return { key: record.key, value, headers: { [header.eventType]: 'test.v1' } }
}

export function event(id: string, more: object = {}): Message {
  return { key: id, value: JSON.stringify({ id, ...more }), headers: { mine: 'yes' } }
}

export function fillers(count: number, prefix = 'f'): Message[] {
  return range(count).map((i) => event(`${prefix}${i}`))
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}

function text(record: KafkaRecord, name: string): string | null {
  return record.headers[name]?.toString() ?? null
}
