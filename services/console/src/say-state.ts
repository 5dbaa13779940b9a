import type { Account, Box, Reader, ShownClock, Snapshot, StateWord } from './wire/live.ts'
import { stateWords } from './wire/live.ts'

export interface SayDeps {
  readonly boxes: readonly Box[]
  readonly account: Account | null
  readonly readers: readonly Reader[]
  readonly clock: ShownClock | null
  readonly rate: number | null
  readonly nowMs: number
  readonly sources: Snapshot['sources']
}

const settlingMs = 10_000

/** The page's first sentence: true now, worth reading aloud; and one sentence for each trouble, the worst first. */
export function sayState({
  boxes,
  account,
  readers,
  clock,
  rate,
  nowMs,
  sources
}: SayDeps): Pick<Snapshot, 'sentence' | 'troubles' | 'worst'> {
  const bad = boxes
    .filter(({ state }) => ['down', 'refused', 'at risk', 'waiting'].includes(state))
    .toSorted((a, b) => rank(a.state) - rank(b.state))
  const troubles = bad.map((box) => trouble(box, nowMs))
  const unaccounted = account?.unaccounted ?? 0
  const isSettled = account?.unaccountedSinceMs != null && nowMs - account.unaccountedSinceMs > settlingMs
  if (unaccounted !== 0 && isSettled) {
    troubles.unshift(
      `${events(Math.abs(unaccounted))} ${unaccounted > 0 ? 'unaccounted for' : 'too many'} for ${seconds(nowMs - (account?.unaccountedSinceMs ?? nowMs))}.`
    )
  }
  const worst = worstOf(boxes.map(({ state }) => state))
  const unknown = boxes.filter(({ state }) => state === 'unknown')
  if (troubles.length > 0) {
    const ready = boxes.filter(({ state }) => state === 'ready' || state === 'idle').length
    return {
      worst: unaccounted !== 0 && isSettled ? 'down' : worst,
      troubles,
      sentence: `${bad.length === 0 ? troubles[0] : inShort(bad)} ${ready} of ${boxes.length} boxes are ready.`
    }
  }
  if (unknown.length > 0)
    return { worst: 'unknown', troubles, sentence: `${unknown.map(({ name }) => name).join(', ')}: no fresh answer.` }
  const away = sources.filter(({ problem }) => problem !== null)
  if (away.length > 0)
    return {
      worst: 'unknown',
      troubles,
      sentence: `The console cannot read ${away.map(({ name }) => name).join(', ')}.`
    }
  return {
    worst,
    troubles,
    sentence: allWell({
      account,
      readers,
      clock,
      rate,
      services: boxes.filter(({ kind }) => kind === 'service').length
    })
  }
}

/** `enrichment-api is down, enricher waits.` Of many only how many. Reasons stand below. */
function inShort(bad: readonly Box[]): string {
  const verbs: Readonly<Record<string, readonly [one: string, many: string]>> = {
    down: ['is down', 'are down'],
    refused: ['refused to run', 'refused to run'],
    'at risk': ['is at risk', 'are at risk'],
    waiting: ['waits', 'wait']
  }
  const said = [...Map.groupBy(bad, ({ state }) => state)].flatMap(([state, boxes]) => {
    const [one = '', many = ''] = verbs[state] ?? []
    if (bad.length <= 3 || boxes.length === 1) return boxes.map(({ name }) => `${name} ${one}`)
    return [`${boxes.length} boxes ${many}`]
  })
  return `${said.join(', ')}.`
}

function allWell({
  account,
  readers,
  clock,
  rate,
  services
}: Pick<SayDeps, 'account' | 'readers' | 'clock' | 'rate'> & { services: number }): string {
  const lead = `All ${services} services are ready.`
  if (account !== null && account.progress < 1)
    return `${lead} The console is reading the log: ${Math.floor(account.progress * 100)} %.`
  if (clock?.ended === true && rate !== null && rate < 0.05)
    return `${lead} The replay has ended; the producers are idle.`
  const ages = readers.flatMap(({ oldestUnreadMs }) => oldestUnreadMs ?? [])
  const oldest = Math.max(0, ...ages)
  const parts = [
    rate === null
      ? 'the rate is not measured yet'
      : rate < 1
        ? `${(rate * 60).toFixed(0)} events/min`
        : `${Math.round(rate).toLocaleString('en-US')} events/s`,
    account?.unaccounted === 0
      ? 'every event accounted for'
      : account?.unaccounted == null
        ? 'the account is not known yet'
        : 'the account is settling',
    oldest === 0 ? 'nothing unread' : `the oldest unread one is ${seconds(oldest)} old`
  ]
  return `${lead} ${parts.join(', ')}.`
}

function trouble({ name, state, why, sinceMs }: Box, nowMs: number): string {
  const since = seconds(nowMs - sinceMs)
  const reason = why === '' ? '' : `: ${why}`
  if (state === 'down') return `${name} is down${reason}.`
  if (state === 'refused')
    return `${name} refused to run since ${new Date(sinceMs).toISOString().slice(11, 19)}Z${reason}. It will not retry.`
  if (state === 'at risk') return `${name} is at risk${reason}.`
  // The service's own words already say for how long.
  return why.startsWith('waiting for') ? `${name} is ${why}.` : `${name} has waited for ${since}${reason}.`
}

function worstOf(states: readonly StateWord[]): StateWord {
  return stateWords.find((word) => states.includes(word)) ?? 'unknown'
}

function rank(state: StateWord): number {
  return stateWords.indexOf(state)
}

function events(n: number): string {
  return `${n.toLocaleString('en-US')} ${n === 1 ? 'event' : 'events'}`
}

function seconds(ms: number): string {
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`
  if (ms < 60_000) return `${Math.round(ms / 1_000)} s`
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`
  return `${Math.floor(ms / 3_600_000)} h ${Math.round((ms % 3_600_000) / 60_000)} min`
}
