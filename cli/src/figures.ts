import { fetchMetrics, sumOf, type Sample } from './metrics-text.ts'

/** What the platform has done since its services started, by their own counters. */
export interface Figures {
  readonly accepted: number
  readonly enriched: number
  readonly deadLettered: number
  readonly repeats: number
  readonly rows: number
  /** Records not read yet, over all partitions, by service. */
  readonly lag: Readonly<Record<string, number>>
}

export interface AdminPort {
  readonly service: string
  readonly port: number
}

/**
 * Reads the counters of every service at each call. A service that was restarted begins at zero; what it had counted
 * before is remembered here.
 */
export function createFigures(admin: readonly AdminPort[]): () => Promise<Figures> {
  const counters = new Map<string, { before: number; last: number }>()
  const total = (key: string, now: number | null): number => {
    const counter = counters.get(key) ?? { before: 0, last: 0 }
    counters.set(key, counter)
    if (now !== null) {
      if (now < counter.last) counter.before += counter.last
      counter.last = now
    }
    return counter.before + counter.last
  }
  return async function read() {
    const all = await Promise.all(admin.map(async (one) => ({ ...one, samples: await fetchMetrics(one.port) })))
    const sum = (service: string, name: string, wanted: (sample: Sample) => boolean = () => true): number =>
      all
        .filter((one) => one.service === service)
        .map(({ port, samples }) => {
          const now = samples.length === 0 ? null : sumOf(samples.filter(wanted), name)
          return total(`${port} ${name}`, now)
        })
        .reduce((a, b) => a + b, 0)
    const lagOf = (service: string): number =>
      all
        .filter((one) => one.service === service)
        .map(({ samples }) => sumOf(samples, 'sluice_lag_records'))
        .reduce((a, b) => a + b, 0)
    const readers = ['enricher', 'batch-loader', 'realtime-loader']
    return {
      accepted: sum('collector', 'sluice_sent_total'),
      enriched: sum('enricher', 'sluice_sent_total', ({ labels }) => !/dlq|dead/.test(labels['output'] ?? '')),
      deadLettered: sum('enricher', 'sluice_rejected_total'),
      repeats: sum('enricher', 'sluice_repeated_total'),
      rows: sum('batch-loader', 'sluice_rows_total'),
      lag: Object.fromEntries(readers.map((service) => [service, lagOf(service)]))
    }
  }
}
