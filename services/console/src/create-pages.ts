import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contracts } from '@sluice/contracts'
import type { KafkaRecord } from '@sluice/events'
import type { Views } from '@sluice/store'
import { describeContract } from './describe-contracts.ts'
import { asSent } from './as-sent.ts'
import { quantile, totalOf } from './histogram.ts'
import { describeLetter } from './letter-detail.ts'
import type { Pages } from './http-app.ts'
import type { Model } from './open-model.ts'
import { badEventCommand } from './shell-commands.ts'
import { readRecord } from './trace/seek-record.ts'
import { traceEvent } from './trace/trace-event.ts'
import type { ContractPage } from './wire/contracts.ts'
import type { StoragePage } from './wire/storage.ts'

export interface PagesDeps {
  readonly model: Model
  readonly contracts: Contracts
  readonly views: Views
  readonly enrichmentApiUrl: string
  readonly schemasDir: string
  readonly flushMs: number
  readonly bucket: string
  readonly now: () => number
  readonly random: () => number
}

const modelJson = 'model.json'
const beyondAnyOffset = 2n ** 62n

/** What each page asks for. Nothing is worked out more than once a second, however many pages are open. */
export function createPages({
  model,
  contracts,
  views,
  enrichmentApiUrl,
  schemasDir,
  flushMs,
  bucket,
  now,
  random
}: PagesDeps): Pages {
  const { topics } = contracts
  const tryCommand = badEventCommand(contracts.all)
  const features = onceFor(60_000, now, readFeatures)
  const flights = onceFor(1_000, now, async () => {
    const simMs = model.platform.clock()?.simMs ?? null
    await model.flights.refreshBoard(model.redis.reader(), views, simMs, now(), model.redis.problem())
    return model.flights.page(simMs)
  })
  const shownContracts = onceFor(1_000, now, async () => Promise.all(contracts.all.map(describe)))

  async function readFeatures(name: string): Promise<readonly { name: string; pointer: string }[] | null> {
    const answer = await fetch(`${enrichmentApiUrl}/v2/models/${encodeURIComponent(name)}`, {
      signal: AbortSignal.timeout(2_000)
    })
    const body = (await answer.json()) as {
      parameters?: Record<string, { features?: { name: string; pointer: string }[] }>
    }
    const described = body.parameters?.[modelJson] ?? Object.values(body.parameters ?? {})[0]
    return described?.features ?? null
  }

  async function describe(contract: Contracts['all'][number]): Promise<ContractPage> {
    const known = model.types.get(contract.type)
    const refused = model.letters.byPointer(contract.type)
    const perSecond =
      model.services.find('collector')?.figures.rate(({ byType }) => byType.get(`sent ${contract.type}`), 60_000) ??
      null
    return describeContract(contract, topics, {
      seen: known?.seen ?? 0,
      refused: [...refused.values()].reduce((a, b) => a + b, 0),
      lastSeenMs: known?.lastMs ?? null,
      perMinute: perSecond === null ? null : perSecond * 60,
      producers: [...(known?.producers ?? [])],
      refusedByPointer: refused,
      readers: await fieldReaders(contract)
    })
  }

  /** Who reads a field: views of the real-time store by their declaration, the model by its own. */
  async function fieldReaders({
    type,
    enrichment
  }: Contracts['all'][number]): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = new Map<string, string[]>()
    const note = (pointer: string, reader: string): void =>
      void found.set(pointer, [...new Set([...(found.get(pointer) ?? []), reader])])
    for (const { name, key, events } of views.states) {
      const fields = events.get(type)?.fields
      if (fields === undefined) continue
      note(key, `Redis ${name}`)
      for (const pointer of Object.values(fields)) note(pointer, `Redis ${name}`)
    }
    for (const { name, key, at, entry, events } of views.boards)
      if (events.has(type)) for (const pointer of [...key, at, entry]) note(pointer, `Redis ${name}`)
    if (enrichment !== null)
      for (const { pointer } of (await features(enrichment.model).catch(() => null)) ?? [])
        note(pointer, enrichment.model)
    return found
  }

  /** One record of the dlq topic, `events.dlq/3@1204`; null: there is none. */
  async function readLetter(at: string): Promise<KafkaRecord | null> {
    const [, topic = '', partition = '', offset = ''] = /^(.+)\/(\d+)@(\d+)$/.exec(at) ?? []
    if (topic !== topics.dlq.name || Number(partition) >= topics.dlq.partitions) return null
    return readRecord(model.kafka, { topic, partition: Number(partition) }, BigInt(offset))
  }

  function storage(): StoragePage {
    const atMs = model.lake.atMs()
    const oldest = model.readers.shown().filter(({ name }) => name === 'batch-loader')
    const ages = oldest.map(({ oldestUnreadMs }) => oldestUnreadMs)
    const queryableMs =
      atMs === null || ages.some((age) => age === null) ? null : now() - Math.max(...(ages as number[]))
    return {
      atMs,
      problem: model.lake.problem(),
      bucket,
      tables: model.lake.rows().map((row) => ({ ...row, waitingMs: waitingFor(row.name) })),
      queryableMs,
      windowMs: flushMs,
      commits: commits()
    }
  }

  /** How long the oldest record of a table has waited for its commit. */
  function waitingFor(table: string): number | null {
    const type = contracts.all.find((contract) => contract.table === table)?.type
    const role = type === undefined ? 'dlq' : 'enriched'
    const incarnation = model.platform.incarnation(topics[role].name)
    if (incarnation === null || model.lake.problem() !== null) return null
    const oldest = model.tail[role].flatMap(({ partition, recent }) => {
      const position = model.lake.positionIn(table, topics[role].name, incarnation, partition)
      const isOwn = (kind: string): boolean => type === undefined || kind === type
      return recent.unread((kind) => (isOwn(kind) ? (position ?? 0n) : beyondAnyOffset))?.oldestMs ?? []
    })
    return oldest.length === 0 ? 0 : Math.max(0, now() - Math.min(...oldest))
  }

  function commits(): StoragePage['commits'] {
    const observed = model.services.find('batch-loader')?.figures.observed('batch commit') ?? []
    const p50 = quantile(observed, 0.5)
    const p99 = quantile(observed, 0.99)
    if (p50 === null || !Number.isFinite(p50)) return null
    return { count: totalOf(observed), p50, p99: Number.isFinite(p99) ? p99 : null }
  }

  return {
    history: () => ({ points: model.points(), changes: model.changes() }),
    flights: () => flights(''),
    letters: (group) => ({ ...model.letters.page({ group, limit: 200 }), tryCommand }),
    async sentBytes(at) {
      const record = await readLetter(at)
      return record === null ? null : asSent(record.value ?? Buffer.alloc(0))
    },
    async letter(at) {
      const record = await readLetter(at)
      if (record === null) return null
      const [file] = model.lake.findFiles('dead_letters', {
        topic: record.topic,
        incarnation: model.platform.incarnation(record.topic) ?? '',
        partition: record.partition,
        offset: record.offset
      })
      const lake =
        file === undefined
          ? null
          : `dead_letters, version ${file.commit?.version ?? `at most ${model.lake.versionOf('dead_letters')}`}, ${file.path}`
      return describeLetter(record, contracts, lake)
    },
    trace: (query) =>
      traceEvent(
        {
          kafka: model.kafka,
          contracts,
          views,
          recent: model.recent,
          tail: model.tail,
          lake: model.lake,
          now,
          flushMs,
          committed: () => model.readers.positions('enricher'),
          incarnation: (topic) => model.platform.incarnation(topic),
          inRedis: (partition, offset) => {
            const position = model.readers.positions('realtime-loader')
            return {
              done: position === null ? null : (position.get(partition) ?? 0n) > offset,
              seenMs: model.readers.passedAt('realtime-loader', partition, offset)
            }
          },
          modelFeatures: features
        },
        query
      ),
    random(kind) {
      if (kind === 'repeat') return { query: model.letters.pickRepeat(random())?.at ?? null }
      return { query: model.recent.pick(kind === 'dead-letter' ? 'dlq' : 'enriched', random()) }
    },
    contracts: () => shownContracts(''),
    schema: (file) =>
      contracts.all.some(({ type }) => file === `${type}.json`) ? readFileSync(join(schemasDir, file), 'utf8') : null,
    storage
  }
}

/** Keeps each answer for a while, and asks once for all who wait for it. A failure is not kept. */
function onceFor<T>(keepMs: number, now: () => number, ask: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const kept = new Map<string, { readonly atMs: number; readonly answer: Promise<T> }>()
  return (key) => {
    const known = kept.get(key)
    if (known !== undefined && now() - known.atMs < keepMs) return known.answer
    const answer = ask(key)
    kept.set(key, { atMs: now(), answer })
    answer.catch(() => kept.delete(key))
    return answer
  }
}
