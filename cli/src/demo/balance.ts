import { demoSource, type Injected } from './injected-events.ts'
import type { StoreTally } from './count-stores.ts'
import type { Counts } from './expected-events.ts'
import type { Sent } from './send-injected.ts'
import { noEvent, type TopicTally } from './tally-topics.ts'

/** Everything that was seen, each by a way of its own. */
export interface Seen {
  /** By SQL over the tables of 2013. */
  readonly expected: Counts
  /** Acknowledged by the collector, by its own counter. */
  readonly accepted: Counts
  readonly sent: readonly Sent[]
  readonly topics: TopicTally
  /** Rows by table. */
  readonly lake: Counts
  readonly store: StoreTally
}

/** The account of one event type. */
export interface BalanceRow {
  readonly type: string
  readonly expected: number
  /** Sent by the demo beyond that, and taken by the collector. */
  readonly injected: number
  readonly accepted: number
  /** Written into the topic past the collector. */
  readonly straight: number
  /** In raw although nobody was told 202: the client sent them again, so they are among the repeats. */
  readonly inDoubt: number
  readonly raw: number
  readonly enriched: number
  readonly dead: number
  readonly repeats: number
  readonly lake: number
  readonly store: number
}

export interface Balance {
  readonly rows: readonly BalanceRow[]
  readonly total: BalanceRow
  /** Events that lie in raw more than once though the demo did not send them twice. */
  readonly stored: readonly string[]
  /** One sentence each; none: everything agrees. */
  readonly problems: readonly string[]
}

/** Holds everything that was seen against everything else. */
export function balance(seen: Seen): Balance {
  const { expected, accepted, topics, lake, store } = seen
  const problems: string[] = []
  const types = [...new Set([expected, accepted, topics.raw].flatMap(Object.keys))].toSorted((a, b) => (a < b ? -1 : 1))
  const rows = types.map((type): BalanceRow => {
    const taken = seen.sent.filter(({ injected, answer }) => typeOf(injected) === type && answer?.status === 202)
    const straight = seen.sent.filter(({ injected }) => injected.via === 'raw' && typeOf(injected) === type).length
    const raw = topics.raw[type] ?? 0
    return {
      type,
      expected: expected[type] ?? 0,
      injected: taken.length,
      accepted: accepted[type] ?? 0,
      straight,
      inDoubt: raw - (accepted[type] ?? 0) - straight,
      raw,
      enriched: topics.enriched[type] ?? 0,
      dead: topics.dead[type] ?? 0,
      repeats: topics.repeats[type] ?? 0,
      lake: lake[type.replaceAll('.', '_')] ?? 0,
      store: store.counts[type] ?? 0
    }
  })
  for (const row of rows) problems.push(...checkRow(row, plannedRepeats(seen.sent, row.type)))
  problems.push(...checkSums(seen, rows), ...checkFates(seen), ...checkFlights(seen))
  return { rows, total: sumOf(rows), stored: unplanned(topics), problems }
}

function checkRow(row: BalanceRow, planned: number): readonly string[] {
  const { type, expected, injected, accepted, straight, inDoubt, raw, enriched, dead, repeats } = row
  // A request of which one event is in doubt is sent again whole: what of it was accepted then is accepted twice.
  const again = repeats - planned - inDoubt
  return [
    unequal(`${type}: raw = enriched + dead letters + repeats`, raw, enriched + dead + repeats),
    unequal(`${type}: rows in the lake = enriched`, row.lake, enriched),
    unequal(`${type}: counted in Redis = enriched`, row.store, enriched),
    unequal(`${type}: accepted = expected + injected + sent again`, accepted, expected + injected + again),
    inDoubt >= 0 ? '' : `${type}: raw holds ${raw}, less than the ${accepted + straight} that it was told to keep`,
    again >= 0 ? '' : `${type}: ${repeats} repeats, less than the ${planned} sent and the ${inDoubt} stored in doubt`
  ].filter((problem) => problem !== '')
}

function checkSums({ topics, lake }: Seen, rows: readonly BalanceRow[]): readonly string[] {
  const { dead, repeats } = sumOf(rows)
  return [
    unequal('rows in dead_letters = dead letters + repeats', lake['dead_letters'] ?? 0, dead + repeats),
    unequal('repeats = what lies in raw once more under the same identity', repeats, surplus(topics)),
    topics.unaccounted.length === 0
      ? ''
      : `raw records without exactly one output: ${topics.unaccounted.slice(0, 10).join(', ')}`
  ].filter((problem) => problem !== '')
}

/** Each thing that the demo sent must have ended as its list says. */
function checkFates({ sent, topics }: Seen): readonly string[] {
  const problems: string[] = []
  const wanted = new Map<string, string[]>()
  for (const { injected, answer } of sent) {
    const { what, via, fate, event } = injected
    if (fate.kind === 'refused') {
      if (answer?.code !== fate.code)
        problems.push(`${what} (${via}): expected ${fate.code}, the collector said ${said(answer)}`)
      continue
    }
    if (via !== 'raw' && answer?.status !== 202)
      problems.push(`${what} (${via}): expected 202, the collector said ${said(answer)}`)
    if (event !== null)
      wanted.set(event.id, [...(wanted.get(event.id) ?? []), fate.kind === 'dead' ? fate.reason : fate.kind])
  }
  for (const [id, fates] of wanted) {
    const found = topics.fates.get(id) ?? []
    if (found.toSorted().join() !== fates.toSorted().join())
      problems.push(`${id}: expected ${fates.join(', ')}, found ${found.join(', ') || 'nothing'}`)
  }
  for (const { injected } of sent)
    if (injected.event === null && injected.fate.kind === 'dead' && (topics.reasons[injected.fate.reason] ?? 0) === 0)
      problems.push(`${injected.what}: no dead letter says ${injected.fate.reason}`)
  return problems
}

/** What Redis says of each flight must be what the last event of that flight says. */
function checkFlights({ topics, store }: Seen): readonly string[] {
  const statuses = ['scheduled', 'departed', 'landed', 'cancelled', 'diverted']
  const last = [...topics.lastTypeByKey.values()]
  return statuses
    .map((status) =>
      unequal(
        `flights that are ${status} in Redis = by their last event`,
        store.flightsByStatus[status] ?? 0,
        last.filter((type) => type === `flight.${status}.v1`).length
      )
    )
    .filter((problem) => problem !== '')
}

function typeOf({ event }: Injected): string {
  return event?.type ?? noEvent
}

function plannedRepeats(sent: readonly Sent[], type: string): number {
  return sent.filter(({ injected }) => injected.fate.kind === 'repeat' && typeOf(injected) === type).length
}

function unplanned({ several }: TopicTally): readonly string[] {
  return [...several.values()]
    .filter(({ source }) => source !== demoSource)
    .map(({ id, times }) => `${id} (${times} times)`)
}

function surplus({ several }: TopicTally): number {
  return [...several.values()].reduce((sum, { times }) => sum + times - 1, 0)
}

function said(answer: Sent['answer']): string {
  return answer === null ? 'nothing' : `${answer.status} ${answer.code ?? ''}`.trim()
}

function unequal(claim: string, left: number, right: number): string {
  return left === right ? '' : `${claim}: ${left} is not ${right}`
}

function sumOf(rows: readonly BalanceRow[]): BalanceRow {
  const sum = (name: Exclude<keyof BalanceRow, 'type'>) => rows.reduce((total, row) => total + row[name], 0)
  return {
    type: 'all',
    expected: sum('expected'),
    injected: sum('injected'),
    accepted: sum('accepted'),
    straight: sum('straight'),
    inDoubt: sum('inDoubt'),
    raw: sum('raw'),
    enriched: sum('enriched'),
    dead: sum('dead'),
    repeats: sum('repeats'),
    lake: sum('lake'),
    store: sum('store')
  }
}
