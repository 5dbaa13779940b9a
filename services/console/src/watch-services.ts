import type { Box, StateWord } from './wire/live.ts'
import { judge, type Answer, type Claim } from './box-state.ts'
import { ceilingOf, quantile, totalOf } from './histogram.ts'
import { readMetrics } from './read-metrics.ts'
import { Figures, takeReading } from './service-figures.ts'

export interface ServiceAddress {
  readonly name: string
  /** `host:port` of the admin port. */
  readonly address: string
}

export interface WatchServicesDeps {
  readonly services: readonly ServiceAddress[]
  readonly now: () => number
  /** How long input of this service has waited without output; null: it has not. */
  readonly stuckSinceMs: (name: string) => number | null
  /** Services that have refused to run, and why. */
  readonly refusals: () => Promise<ReadonlyMap<string, string>>
  readonly onChange: (box: string, from: StateWord, to: Claim) => void
}

export interface Watched {
  readonly name: string
  readonly figures: Figures
  box(): Box
  claim(): Claim
}

const deadlineMs = 2_000

/** Asks every service for its readiness and its metrics, once each time `ask` is called. */
export function watchServices(deps: WatchServicesDeps) {
  const startedMs = deps.now()
  const watched = deps.services.map((service) => watch(service, startedMs, deps))
  return {
    all: watched as readonly Watched[],
    find: (name: string): Watched | undefined => watched.find((one) => one.name === name),
    ask: async (): Promise<void> => {
      const refusals = await deps.refusals()
      await Promise.all(watched.map((one) => one.ask(refusals.get(one.name) ?? null)))
    }
  }
}

function watch({ name, address }: ServiceAddress, startedMs: number, deps: WatchServicesDeps) {
  const { now, stuckSinceMs, onChange } = deps
  const figures = new Figures()
  let answer: Answer | null = null
  let answeredMs: number | null = null
  let readySinceMs: number | null = null
  let version: string | null = null
  let last: Claim = { state: 'unknown', why: 'not asked yet' }
  let sinceMs = startedMs

  async function ask(refused: string | null): Promise<void> {
    try {
      const [readyz, metrics] = await Promise.all([get(address, '/readyz'), get(address, '/metrics')])
      const body = JSON.parse(readyz) as { ready: boolean; state: string; reasons: string[]; version?: string }
      if (answer?.kind !== 'answer') figures.clear()
      answer = { kind: 'answer', ready: body.ready, state: body.state, reasons: body.reasons }
      answeredMs = now()
      version = body.version ?? null
      // Whoever was ready when the console first asked needs no proof.
      if (!body.ready) readySinceMs = null
      else readySinceMs ??= last.state === 'unknown' ? 0 : answeredMs
      figures.add(takeReading(answeredMs, readMetrics(metrics)))
    } catch (error) {
      answer = { kind: 'silence', reason: inWords(error) }
      readySinceMs = null
    }
    const claim = current(refused)
    if (claim.state !== last.state) {
      if (last.why !== 'not asked yet') onChange(name, last.state, claim)
      sinceMs = now()
    }
    last = claim
  }

  function current(refused: string | null): Claim {
    return judge({
      nowMs: now(),
      answer,
      answeredMs,
      readySinceMs,
      startedMs,
      // A reader that batches gives nothing for as long as its window; that is no idleness.
      flows: figures.moved(({ counters }) => counters.get(mainCounter(figures) ?? ''), 60_000),
      stuckSinceMs: stuckSinceMs(name),
      refused
    })
  }

  return {
    name,
    figures,
    ask,
    claim: () => last,
    box(): Box {
      const isFresh = answer?.kind === 'answer'
      const step = isFresh ? mainStep(figures) : null
      const observed = step === null ? [] : figures.observed(step)
      // A counter that has counted nothing is not printed.
      const perMinute = figures.rate(({ counters }) => counters.get('rejected') ?? 0, 60_000)
      return {
        name,
        kind: 'service',
        state: last.state,
        why: last.why,
        sinceMs,
        rate: isFresh ? rateOf(figures) : null,
        p50: quantile(observed, 0.5),
        p99: quantile(observed, 0.99),
        step: step?.split(' ')[1] ?? null,
        samples: totalOf(observed),
        ceiling: ceilingOf(observed),
        rejectedPerMinute: isFresh && perMinute !== null ? perMinute * 60 : null,
        version,
        answeredMs
      }
    }
  }
}

/** What leaves a service: events sent, or rows committed, or else what it took in. */
function rateOf(figures: Figures): number | null {
  const name = mainCounter(figures)
  if (name === null) return figures.last === undefined ? null : 0
  return figures.rate(({ counters }) => counters.get(name))
}

function mainCounter(figures: Figures): string | null {
  const counters = figures.last?.counters
  return ['sent', 'rows', 'received'].find((name) => counters?.has(name) === true) ?? null
}

/** The step that says most: the furthest since acceptance, else the work on a batch. */
function mainStep(figures: Figures): string | null {
  const keys = [...(figures.last?.histograms.keys() ?? [])]
  const latency = keys.filter((key) => key.startsWith('latency '))
  const candidates = latency.length > 0 ? latency : keys
  const medians = candidates.map((key) => [key, quantile(figures.observed(key), 0.5) ?? -1] as const)
  return medians.toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? null
}

async function get(address: string, path: string): Promise<string> {
  const answer = await fetch(`http://${address}${path}`, { signal: AbortSignal.timeout(deadlineMs) })
  return answer.text()
}

function inWords(error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: { code?: string } }
  if (name === 'TimeoutError') return `nothing within ${deadlineMs / 1000} s`
  if (cause?.code === 'ECONNREFUSED') return 'connection refused'
  if (cause?.code === 'ENOTFOUND' || cause?.code === 'EAI_AGAIN')
    return 'its name is not known, so its container does not run'
  return cause?.code ?? (error instanceof Error ? error.message : String(error))
}
