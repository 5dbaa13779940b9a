import { header, repeatReason, valueAt, type KafkaRecord } from '@sluice/events'
import { boardKey, countsKey, recentKey, stateKey, type Views } from '@sluice/store'
import type { Hop, Journey } from '../wire.ts'
import { eventOf, findEvent, type FindDeps, type Found } from './find-event.ts'
import { parseQuery } from './parse-query.ts'

export interface TraceDeps extends FindDeps {
  readonly views: Views
  readonly incarnation: (topic: string) => string | null
  /** The real-time loader's position in the enriched topic, and when the console saw it pass an offset. */
  readonly inRedis: (
    partition: number,
    offset: bigint
  ) => { readonly done: boolean | null; readonly seenMs: number | null }
  readonly flushMs: number
  readonly modelFeatures: (
    name: string
  ) => Promise<readonly { readonly name: string; readonly pointer: string }[] | null>
}

type HopDraft = Omit<Hop, 'deltaMs'>

/** The journey of one event, box by box. Times come from several clocks and are never corrected. */
export async function traceEvent(deps: TraceDeps, text: string): Promise<Journey | null> {
  const began = deps.now()
  const query = parseQuery(text, deps.contracts.topics.raw.name)
  if (query === null) return null
  const found = await findEvent(deps, query)
  const event = eventOf(found.output?.record ?? null) ?? eventOf(found.raw)
  const eventId =
    typeof event?.['id'] === 'string' ? event['id'] : found.row === null ? null : String(found.row['event_id'])
  const shared = {
    query: text,
    eventId,
    type: typeof event?.['type'] === 'string' ? event['type'] : null,
    searched: found.searched,
    event: found.raw?.value?.toString('utf8') ?? found.output?.record.value?.toString('utf8') ?? null,
    command: `npm run sluice -- trace ${/^[\w.:@/-]+$/.test(text.trim()) ? text.trim() : `'${text.trim().replaceAll("'", String.raw`'\''`)}'`}`
  }
  if (found.raw === null && found.output === null && found.row === null) {
    const verdict = `Not found in: ${found.searched.join(', ')}.`
    return { ...shared, verdict, outcome: 'not found', hops: [], model: null, tookMs: deps.now() - began }
  }
  const drafts = hopsOf(deps, found, event)
  const hops = withDeltas(drafts)
  const { verdict, outcome } = judgeJourney(deps, found, hops)
  return { ...shared, verdict, outcome, hops, model: await modelOf(deps, event), tookMs: deps.now() - began }
}

function hopsOf(deps: TraceDeps, found: Found, event: Readonly<Record<string, unknown>> | null): HopDraft[] {
  const { topics } = deps.contracts
  const { raw, output, row } = found
  const text = (name: string): string | null => {
    const value = event?.[name]
    return typeof value === 'string' ? value : null
  }
  const received = text('receivedtime') ?? (row === null ? null : String(row['received_at']))
  const hops: HopDraft[] = [
    {
      ...blank('collector'),
      state: 'done',
      what: `accepted it from ${text('sourceid') ?? 'an unknown key'}${text('source') === null ? '' : ` as ${text('source')}`}`,
      atMs: received === null ? null : Date.parse(received),
      note: received === null ? 'no time of acceptance: whoever wrote it into the topic went past the collector' : null,
      details: [
        ['event time', text('time') ?? '–'],
        ['id', text('id') ?? '–']
      ]
    }
  ]
  const origin = raw?.offset ?? originText(found)
  hops.push({
    ...blank(topics.raw.name),
    state: raw === null ? 'unknown' : 'done',
    what: raw === null ? 'the raw record is no longer in the log' : 'is durable',
    atMs: raw?.timestampMs ?? null,
    where:
      origin === null
        ? []
        : [
            place(
              topics.raw.name,
              raw?.partition ?? output?.record.partition ?? Number(row?.['kafka_partition']),
              origin
            )
          ],
    details: raw === null ? [] : headersOf(raw)
  })
  if (output === null && row === null) return [...hops, ...comingHops(deps, found)]
  const reason = output?.record.headers[header.dlqReason]?.toString()
  if (output?.role === 'dlq') return [...hops, ...refusedHops(deps, output.record, reason ?? 'unknown')]
  return [...hops, ...landedHops(deps, found, event)]
}

function landedHops(
  deps: TraceDeps,
  { output, row, table }: Found,
  event: Readonly<Record<string, unknown>> | null
): HopDraft[] {
  const { contracts, lake, views, incarnation, flushMs } = deps
  const topic = contracts.topics.enriched.name
  const partition = output?.record.partition ?? Number(row?.['kafka_partition'])
  const offset = output?.record.offset ?? BigInt(String(row?.['kafka_offset']))
  const scores = scoresOf(event)
  const contract = typeof event?.['type'] === 'string' ? contracts.byType(event['type']) : undefined
  const hops: HopDraft[] = [
    {
      ...blank('enricher'),
      state: 'done',
      what:
        scores.length === 0
          ? 'checked it against its contract'
          : `checked it and added ${scores.map(({ label }) => label).join(', ')}`,
      atMs: null,
      where: scores.map(({ label, value }) => ({ label, value })),
      details: output === null ? [] : headersOf(output.record)
    },
    {
      ...blank(topic),
      state: 'done',
      what: 'is committed, together with the position in the raw topic',
      atMs: output?.record.timestampMs ?? null,
      where: [place(topic, partition, offset)],
      note: output === null ? 'no longer in the log; known from the lake' : null
    }
  ]
  const redis = deps.inRedis(partition, offset)
  hops.push({
    ...blank('realtime-loader'),
    state: redis.done === null ? 'unknown' : redis.done ? 'done' : 'coming',
    what:
      redis.done === null
        ? 'cannot be asked: Redis is away'
        : redis.done
          ? 'applied it to the real-time store'
          : 'has not come to it yet',
    atMs: redis.seenMs,
    note:
      redis.done === true
        ? redis.seenMs === null
          ? 'when is not recorded'
          : 'when the console saw it, at most 1 s late'
        : null,
    expected: redis.done === false ? 'within a second' : null,
    where:
      event === null || redis.done !== true
        ? []
        : keysOf(views, event, partition, output?.record.timestampMs ?? null).map((key) => ({
            label: 'key',
            value: `sluice:${key}`
          }))
  })
  const name = contract?.table ?? table
  if (name === null || name === undefined) return hops
  hops.push(
    lakeHop(
      deps,
      name,
      topic,
      incarnation(topic),
      partition,
      offset,
      typeof event?.['time'] === 'string' ? event['time'] : null,
      lake.versionOf(name),
      flushMs
    )
  )
  return hops
}

function lakeHop(
  deps: TraceDeps,
  table: string,
  topic: string,
  incarnation: string | null,
  partition: number,
  offset: bigint,
  eventTime: string | null,
  version: number | null,
  flushMs: number
): HopDraft {
  const { lake, now } = deps
  const day = eventTime === null ? null : new Date(eventTime).toISOString().slice(0, 10)
  const files = lake
    .findFiles(table, { topic, incarnation: incarnation ?? '', partition, offset })
    .filter(({ file }) => day === null || table === 'dead_letters' || file.add.partitionValues['event_date'] === day)
  const position = incarnation === null ? null : lake.positionIn(table, topic, incarnation, partition)
  const isThere = files.length > 0 && (position === null || position > offset)
  if (!isThere) {
    const last = lake.rows().find(({ name }) => name === table)?.lastCommitMs ?? null
    const leftMs = last === null ? flushMs : Math.max(0, flushMs - (now() - last))
    return {
      ...blank('batch-loader'),
      state: version === null || version < 0 || lake.problem() !== null ? 'unknown' : 'coming',
      what: lake.problem() === null ? `has not committed it to ${table} yet` : `cannot be judged: ${lake.problem()}`,
      atMs: null,
      expected: `within ${Math.ceil(leftMs / 1000)} s`
    }
  }
  const commit = files.find(({ commit }) => commit !== null)?.commit ?? null
  return {
    ...blank('batch-loader'),
    state: 'done',
    what: `committed it to ${table}: it is queryable`,
    atMs: commit?.atMs ?? files[0]!.file.add.modificationTime,
    note: files.length > 1 ? `one of ${files.length} files whose ranges hold this offset` : null,
    where: [
      { label: 'version', value: commit === null ? `at most ${version}` : String(commit.version) },
      ...files.slice(0, 3).map(({ path }) => ({ label: 'file', value: path }))
    ]
  }
}

function refusedHops(deps: TraceDeps, record: KafkaRecord, reason: string): HopDraft[] {
  const topic = deps.contracts.topics.dlq.name
  const text = (name: string): string => record.headers[name]?.toString() ?? ''
  const isRepeat = reason === repeatReason
  const decided = Date.parse(text(header.dlqTime))
  const first = `${deps.contracts.topics.raw.name}/${text(header.dlqFirstPartition)}@${text(header.dlqFirstOffset)}`
  return [
    {
      ...blank('enricher'),
      state: isRepeat ? 'done' : 'refused',
      what: isRepeat
        ? 'recognised it as a repeat of an earlier one, which counts'
        : `refused it, ${reason}: ${text(header.dlqMessage)}`,
      atMs: Number.isNaN(decided) ? null : decided,
      where: isRepeat
        ? [{ label: 'first one', value: first }]
        : text(header.dlqPointer) === ''
          ? []
          : [{ label: 'pointer', value: text(header.dlqPointer) }],
      details: headersOf(record)
    },
    {
      ...blank(topic),
      state: 'done',
      what: isRepeat ? 'holds the note of it' : 'holds it with its original bytes',
      atMs: record.timestampMs,
      where: [place(topic, record.partition, record.offset)]
    },
    { ...blank(deps.contracts.topics.enriched.name), state: 'never', what: 'never gets it', atMs: null },
    { ...blank('realtime-loader'), state: 'never', what: 'never gets it', atMs: null },
    lakeHop(
      deps,
      'dead_letters',
      topic,
      deps.incarnation(topic),
      record.partition,
      record.offset,
      null,
      deps.lake.versionOf('dead_letters'),
      deps.flushMs
    )
  ]
}

function comingHops({ contracts, flushMs }: TraceDeps, { raw }: Found): HopDraft[] {
  return [
    {
      ...blank('enricher'),
      state: 'coming',
      what: 'has not come to it yet',
      atMs: null,
      expected: 'within a second when nothing is waited for'
    },
    { ...blank(contracts.topics.enriched.name), state: 'coming', what: `or ${contracts.topics.dlq.name}`, atMs: null },
    { ...blank('realtime-loader'), state: 'coming', what: 'follows', atMs: null },
    {
      ...blank('batch-loader'),
      state: 'coming',
      what: 'follows',
      atMs: null,
      expected: `within ${Math.ceil(flushMs / 1000)} s after that`
    }
  ].map((hop) => ({ ...hop, state: raw === null ? ('unknown' as const) : ('coming' as const) }))
}

function judgeJourney(
  { now }: TraceDeps,
  { output, raw }: Found,
  hops: readonly Hop[]
): { verdict: string; outcome: Journey['outcome'] } {
  const accepted = hops[0]?.atMs ?? raw?.timestampMs ?? null
  const when =
    accepted === null ? 'Accepted at an unknown time' : `Accepted ${new Date(accepted).toISOString().slice(11)}`
  const after = (hop: Hop | undefined): string =>
    hop?.atMs == null || accepted === null ? '' : ` after ${duration(hop.atMs - accepted)}`
  const refused = hops.find(({ state }) => state === 'refused')
  const redis = hops.find(({ box }) => box === 'realtime-loader')
  const lake = hops.find(({ box }) => box === 'batch-loader')
  if (output?.role === 'dlq' && refused === undefined) {
    const first = hops.flatMap(({ where }) => where).find(({ label }) => label === 'first one')?.value ?? ''
    return { outcome: 'repeat', verdict: `A repeat: the same event came before, at ${first}, and that one counts.` }
  }
  if (refused !== undefined)
    return {
      outcome: 'refused',
      verdict: `${when}. Refused by the enricher${after(refused)}${refused.what.replace(/^refused it/, '')}.`
    }
  if (lake?.state === 'done') {
    const inRedis = redis?.state === 'done' ? `, in Redis${after(redis)}` : ''
    return { outcome: 'landed', verdict: `${when}${inRedis}, queryable in the lake${after(lake)}.` }
  }
  if (output !== null) {
    const enriched = hops.find(({ box }) => box === output.record.topic)
    const age = enriched?.atMs == null ? '' : ` ${duration(now() - enriched.atMs)} ago`
    return {
      outcome: 'on its way',
      verdict: `On its way: enriched${age}, ${redis?.state === 'done' ? 'in Redis, ' : ''}the lake commits ${lake?.expected ?? 'later'}.`
    }
  }
  return {
    outcome: 'on its way',
    verdict: `On its way: durable in the raw topic${raw === null ? '' : ` for ${duration(now() - raw.timestampMs)}`}, not enriched yet.`
  }
}

async function modelOf(deps: TraceDeps, event: Readonly<Record<string, unknown>> | null): Promise<Journey['model']> {
  const [score] = scoresOf(event)
  if (score === undefined) return null
  const features = (await deps.modelFeatures(score.model).catch(() => null)) ?? []
  const inputs = features.map(({ name, pointer }) => {
    const value = valueAt(event, pointer)
    return { name, pointer, value: value === undefined ? 'missing' : JSON.stringify(value) }
  })
  return { name: score.model, version: score.version, probability: score.probability, inputs }
}

interface Score {
  readonly label: string
  readonly value: string
  readonly model: string
  readonly version: string
  readonly probability: number
}

function scoresOf(event: Readonly<Record<string, unknown>> | null): Score[] {
  const enrichment = valueAt(event, '/data/enrichment')
  if (typeof enrichment !== 'object' || enrichment === null) return []
  return Object.entries(
    enrichment as Record<string, { probability?: number; model?: string; version?: string } | null>
  ).flatMap(([label, score]) =>
    typeof score?.probability === 'number'
      ? [
          {
            label: label.replaceAll('_', ' '),
            value: `${(score.probability * 100).toFixed(1)} %, ${score.model} version ${score.version}`,
            model: score.model ?? '',
            version: score.version ?? '',
            probability: score.probability
          }
        ]
      : []
  )
}

function keysOf(
  views: Views,
  event: Readonly<Record<string, unknown>>,
  partition: number,
  timestampMs: number | null
): string[] {
  const type = String(event['type'])
  const text = (pointer: string): string => textOf(valueAt(event, pointer))
  return [
    ...views.states.filter(({ events }) => events.has(type)).map((view) => stateKey(view, text(view.key))),
    ...views.boards
      .filter(({ events }) => events.has(type))
      .map((view) => boardKey(view, view.key.map(text), text(view.at).slice(0, 10))),
    ...views.recent
      .filter(({ events, needs }) => events.has(type) && (needs === null || valueAt(event, needs) != null))
      .map((view) => recentKey(view, partition)),
    ...(timestampMs === null ? [] : [countsKey(timestampMs)])
  ]
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function withDeltas(drafts: readonly HopDraft[]): Hop[] {
  let before: number | null = null
  return drafts.map((draft) => {
    const deltaMs = draft.atMs === null || before === null ? null : draft.atMs - before
    if (draft.atMs !== null) before = draft.atMs
    const note = deltaMs !== null && deltaMs < 0 ? 'two clocks: this one is behind the one before' : draft.note
    return { ...draft, deltaMs, note }
  })
}

function blank(box: string): HopDraft {
  return { box, state: 'done', what: '', atMs: null, expected: null, note: null, where: [], details: [] }
}

function place(topic: string, partition: number, offset: bigint): { label: string; value: string } {
  return { label: 'place', value: `${topic}/${partition}@${offset}` }
}

function originText({ output, row }: Found): bigint | null {
  const text =
    output?.record.headers[output.role === 'dlq' ? header.dlqOriginOffset : header.originOffset]?.toString() ??
    (row === null ? undefined : String(row['raw_offset']))
  return text !== undefined && /^\d+$/.test(text) ? BigInt(text) : null
}

function headersOf(record: KafkaRecord): [string, string][] {
  return [
    ['key', record.key?.toString('utf8') ?? 'none'],
    ...Object.entries(record.headers).map(([name, value]): [string, string] => [name, value.toString('utf8')])
  ]
}

function duration(ms: number): string {
  if (Math.abs(ms) < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`
}
