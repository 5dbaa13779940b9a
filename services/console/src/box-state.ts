import type { StateWord } from './wire/live.ts'

/** The answer of `/readyz`, or why there was none. */
export type Answer =
  | { readonly kind: 'answer'; readonly ready: boolean; readonly state: string; readonly reasons: readonly string[] }
  | { readonly kind: 'silence'; readonly reason: string }

export interface Claim {
  readonly state: StateWord
  readonly why: string
}

export interface Observed {
  readonly nowMs: number
  readonly answer: Answer | null
  /** When it last answered at all; null: never since the console started. */
  readonly answeredMs: number | null
  /** Since when every answer said ready; null: the last one did not. */
  readonly readySinceMs: number | null
  /** When the console started to ask. */
  readonly startedMs: number
  /** Whether anything came out in the last 10 s; null: not measured. */
  readonly flows: boolean | null
  /** Since when input has waited although nothing came out; null: it does not. */
  readonly stuckSinceMs: number | null
  /** Why it has refused to run and ended, as its launcher tells; null: it has not, or nobody tells. */
  readonly refused: string | null
}

/** News older than this says nothing about now. */
const expiryMs = 5_000
/** A platform that starts from nothing on a slow machine takes most of a minute. */
const graceMs = 60_000
const proofMs = 3_000
const stuckAtRiskMs = 15_000
const stuckDownMs = 60_000

/** A state is a claim with a time: without fresh news it is unknown, and ready needs progress beside the answer. */
export function judge(seen: Observed): Claim {
  const { nowMs, answer, answeredMs, startedMs } = seen
  if (answer === null) return { state: 'unknown', why: 'not asked yet' }
  if (answer.kind === 'silence') {
    if (seen.refused !== null) return { state: 'refused', why: seen.refused }
    if (answeredMs === null && nowMs - startedMs < graceMs) {
      return { state: 'waiting', why: `not started yet, ${seconds(nowMs - startedMs)}` }
    }
    const silentMs = nowMs - (answeredMs ?? startedMs)
    const isCertain = answer.reason === 'connection refused' || silentMs > 9_000
    if (!isCertain) return { state: 'unknown', why: `no answer for ${seconds(silentMs)}` }
    return { state: 'down', why: `no answer for ${seconds(silentMs)}: ${answer.reason}` }
  }
  if (nowMs - (answeredMs ?? 0) > expiryMs) {
    return { state: 'unknown', why: `no news for ${seconds(nowMs - (answeredMs ?? 0))}` }
  }
  const why = withoutNoise(inShort(answer.reasons))
  if (answer.state === 'refused') return { state: 'refused', why }
  if (!answer.ready) return { state: 'waiting', why: why === '' ? answer.state : why }
  return judgeReady(seen)
}

function judgeReady({ nowMs, readySinceMs, flows, stuckSinceMs }: Observed): Claim {
  if (stuckSinceMs !== null) {
    const stuckMs = nowMs - stuckSinceMs
    const why = `input waits and nothing has come out for ${seconds(stuckMs)}`
    if (stuckMs > stuckDownMs) return { state: 'down', why }
    if (stuckMs > stuckAtRiskMs) return { state: 'at risk', why }
  }
  if (readySinceMs !== null && nowMs - readySinceMs < proofMs) {
    return { state: 'waiting', why: `back for ${seconds(nowMs - readySinceMs)}` }
  }
  return { state: flows === false ? 'idle' : 'ready', why: '' }
}

/** Libraries pack errors into errors; what matters is the innermost. */
function withoutNoise(why: string): string {
  return why
    .replaceAll(/No connection established\. Last error: (?:Error: )?(.*?)\. Resolution note: ?[^;]*/g, '$1')
    .replaceAll(/\b([\w-]+): \1 at /g, '$1 at ')
    .trim()
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}

/** `partitions 0, 1, 4 wait for redis: …` instead of the same sentence for each partition. */
export function inShort(reasons: readonly string[]): string {
  const partitions = new Map<string, string[]>()
  const others: string[] = []
  for (const reason of reasons) {
    const [, partition, rest] = /^partition (\d+) waits (.*)$/s.exec(reason) ?? []
    if (partition === undefined || rest === undefined) others.push(reason)
    else partitions.set(rest, [...(partitions.get(rest) ?? []), partition])
  }
  const shared = [...partitions].map(([rest, numbers]) =>
    numbers.length === 1
      ? `partition ${numbers[0]} waits ${rest}`
      : `partitions ${inRanges(numbers.map(Number))} wait ${rest}`
  )
  return [...others, ...shared].join('; ')
}

/** `0–2, 5` */
function inRanges(numbers: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const n of numbers.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last !== undefined && n === last[1] + 1) last[1] = n
    else ranges.push([n, n])
  }
  return ranges
    .map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from}, ${to}` : `${from}–${to}`))
    .join(', ')
}
