import type { Hop, Journey } from '../wire/journey.ts'
import type { Found } from './find-event.ts'

/** The journey in one sentence. */
export function judgeJourney(
  { now }: { readonly now: () => number },
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

function duration(ms: number): string {
  if (Math.abs(ms) < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`
}
