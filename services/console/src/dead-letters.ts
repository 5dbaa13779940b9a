import { header, repeatReason, type KafkaRecord } from '@sluice/events'
import type { LetterGroup, LettersPage, LetterSummary } from './wire/letters.ts'

const minuteMs = 60_000
const minutes = 60
const maxLetters = 2_000
const maxGroups = 400
const maxRepeats = 200

interface Group extends Omit<LetterGroup, 'count' | 'lastMs' | 'spark'> {
  count: number
  lastMs: number
  /** Counts by minute since the epoch, the last hour. */
  readonly perMinute: Map<number, number>
}

/** Groups dead letters as a person would: by rule and field. Bounded, whatever comes. */
export function createDeadLetters(now: () => number) {
  const letters: LetterSummary[] = []
  const repeats: LetterSummary[] = []
  const groups = new Map<string, Group>()
  const allPerMinute = new Map<number, number>()
  const eventsPerMinute = new Map<number, number>()
  let total = 0
  let repeated = 0
  let events = 0
  let sinceMs = now()

  return {
    /** An event that was not refused. */
    event(timestampMs: number): void {
      events++
      sinceMs = Math.min(sinceMs, timestampMs)
      bump(eventsPerMinute, timestampMs, now())
    },

    add(record: KafkaRecord): LetterSummary {
      const letter = summarize(record)
      events++
      sinceMs = Math.min(sinceMs, letter.atMs)
      bump(eventsPerMinute, letter.atMs, now())
      if (letter.reason === repeatReason) {
        repeated++
        keep(repeats, letter, maxRepeats)
        return letter
      }
      total++
      bump(allPerMinute, letter.atMs, now())
      keep(letters, letter, maxLetters)
      addToGroup(letter)
      return letter
    },

    find: (at: string): LetterSummary | undefined =>
      letters.find((letter) => letter.at === at) ?? repeats.find((letter) => letter.at === at),
    pickRepeat: (random: number): LetterSummary | null => repeats[Math.floor(random * repeats.length)] ?? null,
    lastHour: (): number => sumOf(allPerMinute, now()),
    /** Refused events by field of a type: pointer → count. */
    byPointer(type: string): ReadonlyMap<string, number> {
      const found = new Map<string, number>()
      for (const group of groups.values())
        if (group.type === type) found.set(group.pointer, (found.get(group.pointer) ?? 0) + group.count)
      return found
    },

    page(filter: { readonly group: string | null; readonly limit: number }): Omit<LettersPage, 'tryCommand'> {
      const atMs = now()
      const shown = [...groups.values()].map(({ perMinute, ...group }): LetterGroup => ({
        ...group,
        spark: sparkOf(perMinute, atMs)
      }))
      const reasons = Map.groupBy(shown, ({ reason }) => reason)
      const matching = filter.group === null ? letters : letters.filter((letter) => keyOf(letter) === filter.group)
      return {
        sinceMs,
        total,
        repeats: repeated,
        events,
        lastHour: sumOf(allPerMinute, atMs),
        eventsLastHour: sumOf(eventsPerMinute, atMs),
        oldestInHourMs: oldestOf(allPerMinute, atMs),
        minuteMs: Math.floor(atMs / minuteMs) * minuteMs,
        byReason: [...reasons].map(([reason, some]) => ({
          reason,
          spark: some[0]!.spark.map((_, i) => some.reduce((sum, { spark }) => sum + (spark[i] ?? 0), 0))
        })),
        groups: shown.toSorted((a, b) => b.count - a.count || b.lastMs - a.lastMs),
        letters: matching.slice(-filter.limit).toReversed(),
        repeatsList: repeats.slice(-50).toReversed()
      }
    }
  }

  function addToGroup(letter: LetterSummary): void {
    let key = keyOf(letter)
    if (!groups.has(key) && groups.size >= maxGroups) key = 'others'
    const group = groups.get(key) ?? {
      key,
      reason: key === 'others' ? 'others' : letter.reason,
      type: key === 'others' ? null : letter.type,
      pointer: key === 'others' ? '' : letter.pointer,
      rule: key === 'others' ? 'more groups than are kept' : ruleOf(letter.message),
      producer: key === 'others' ? null : letter.producer,
      firstMs: letter.atMs,
      lastMs: letter.atMs,
      count: 0,
      perMinute: new Map<number, number>()
    }
    group.count++
    group.lastMs = Math.max(group.lastMs, letter.atMs)
    bump(group.perMinute, letter.atMs, now())
    groups.set(key, group)
  }
}

export type DeadLetters = ReturnType<typeof createDeadLetters>

export function summarize(record: KafkaRecord): LetterSummary {
  const text = (name: string): string | null => record.headers[name]?.toString() ?? null
  const value = record.value ?? Buffer.alloc(0)
  const attributes = attributesOf(value)
  const partition = text(header.dlqOriginPartition)
  return {
    at: `${record.topic}/${record.partition}@${record.offset}`,
    atMs: record.timestampMs,
    reason: text(header.dlqReason) ?? 'unknown',
    pointer: text(header.dlqPointer) ?? '',
    message: text(header.dlqMessage) ?? '',
    rule: ruleOf(text(header.dlqMessage) ?? ''),
    type: attributes['type'] ?? contractType(text(header.dlqContract)),
    contract: text(header.dlqContract),
    producer: attributes['sourceid'] ?? attributes['source'] ?? null,
    eventId: attributes['id'] ?? null,
    origin: partition === null ? null : `${text(header.dlqOriginTopic)}/${partition}@${text(header.dlqOriginOffset)}`
  }
}

/** `/data/x: expected a number <= 250, found another` as a rule: `a number of at most 250`. */
export function ruleOf(message: string): string {
  const expected = /expected (.*?)(?:, found .*)?$/.exec(message)?.[1] ?? message
  return expected
    .replace('a number <=', 'at most')
    .replace('a number >=', 'at least')
    .replace('a number <', 'less than')
    .replace('a number >', 'more than')
}

function keyOf({ reason, type, pointer, message, producer }: LetterSummary): string {
  return [reason, type ?? '', pointer, ruleOf(message), producer ?? ''].join('|')
}

/** Attributes at the top level, where the value is an object; whatever else it is has none that can be trusted. */
function attributesOf(value: Buffer): Readonly<Record<string, string | undefined>> {
  if (value.length === 0 || value.length > 262_144) return {}
  try {
    const event = JSON.parse(value.toString('utf8')) as Record<string, unknown> | null
    const named = ['id', 'type', 'source', 'sourceid'].map((name) => [name, event?.[name]] as const)
    return Object.fromEntries(named.flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])))
  } catch {
    return {}
  }
}

function contractType(contract: string | null): string | null {
  const [name, version] = contract?.split(':') ?? []
  return name === undefined || version === undefined ? null : `${name}.v${version.split('.')[0]}`
}

function keep(list: LetterSummary[], letter: LetterSummary, limit: number): void {
  list.push(letter)
  if (list.length > limit) list.shift()
}

function bump(perMinute: Map<number, number>, atMs: number, nowMs: number): void {
  const minute = Math.floor(atMs / minuteMs)
  const oldest = Math.floor(nowMs / minuteMs) - minutes
  if (minute <= oldest) return
  perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1)
  for (const known of perMinute.keys()) if (known <= oldest) perMinute.delete(known)
}

function sparkOf(perMinute: ReadonlyMap<number, number>, nowMs: number): number[] {
  const last = Math.floor(nowMs / minuteMs)
  return Array.from({ length: minutes }, (_, i) => perMinute.get(last - minutes + 1 + i) ?? 0)
}

function sumOf(perMinute: ReadonlyMap<number, number>, nowMs: number): number {
  return sparkOf(perMinute, nowMs).reduce((a, b) => a + b, 0)
}

function oldestOf(perMinute: ReadonlyMap<number, number>, nowMs: number): number | null {
  const oldest = Math.min(...perMinute.keys())
  return Number.isFinite(oldest) ? Math.max(0, nowMs - oldest * minuteMs) : null
}
