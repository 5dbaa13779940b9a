import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client'

/** Every metric of every service. No metric is made anywhere else; docs/service.md explains each. */
export interface Metrics {
  /** Events or records taken in. */
  readonly received: (labels: { readonly input: string; readonly type: string }, count?: number) => void
  /** Events or records passed on, durably. */
  readonly sent: (labels: { readonly output: string; readonly type: string }, count?: number) => void
  /** Events refused, by reason. */
  readonly rejected: (labels: { readonly reason: string }, count?: number) => void
  /** Repeats by clients. */
  readonly repeated: (count?: number) => void
  /** Records that the broker delivered again below the last origin, dropped. */
  readonly doubled: (labels: { readonly topic: string }, count?: number) => void
  /** Data records not read yet; null once the partition belongs to another. */
  readonly lag: (labels: { readonly topic: string; readonly partition: number }, records: number | null) => void
  /** When retention will have deleted the oldest unread record, ms since the epoch; null: nobody here knows. */
  readonly lossAt: (labels: { readonly topic: string; readonly partition: number }, atMs: number | null) => void
  /** How long a step took for one batch. */
  readonly batch: (labels: { readonly step: string }, seconds: number) => void
  /** From the collector's acceptance of an event to the end of a step. */
  readonly latency: (labels: { readonly step: string }, seconds: number) => void
  /** Rows committed to a table of the lake. */
  readonly rows: (labels: { readonly table: string }, count?: number) => void
  /** All of it in the Prometheus text format. */
  print(): Promise<string>
  readonly contentType: string
}

const batchSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
const latencySeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900]

/** A registry of its own per service, so that two services in one process do not meet. */
export function createMetrics(service: { name: string; version: string; isReady(): boolean; now(): number }): Metrics {
  const registers = [new Registry()]
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers })
  const received = counter('sluice_received_total', 'Events or records taken in', ['input', 'type'])
  const sent = counter('sluice_sent_total', 'Events or records passed on durably', ['output', 'type'])
  const rejected = counter('sluice_rejected_total', 'Events refused, by reason', ['reason'])
  const repeated = counter('sluice_repeated_total', 'Repeats by clients', [])
  const doubled = counter('sluice_doubled_total', 'Records delivered twice by the broker and dropped', ['topic'])
  const rows = counter('sluice_rows_total', 'Rows committed to the lake', ['table'])
  const lag = new Gauge({
    name: 'sluice_lag_records',
    help: 'Data records not read yet',
    labelNames: ['topic', 'partition'],
    registers
  })
  const losses = new Map<string, { readonly labels: { topic: string; partition: number }; readonly atMs: number }>()
  // By the clock of whoever asks: it has to go down while nothing moves.
  const toLoss: Gauge<'topic' | 'partition'> = new Gauge({
    name: 'sluice_seconds_to_loss',
    help: 'Until retention deletes the oldest unread record',
    labelNames: ['topic', 'partition'],
    registers,
    collect() {
      for (const { labels, atMs } of losses.values()) toLoss.set(labels, Math.round((atMs - service.now()) / 1_000))
    }
  })
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name, help, labelNames: ['step'], buckets, registers })
  const batch = histogram('sluice_batch_seconds', 'Time of a step for one batch', batchSeconds)
  const latency = histogram(
    'sluice_latency_seconds',
    'From acceptance of an event to the end of a step',
    latencySeconds
  )
  const ready: Gauge = new Gauge({
    name: 'sluice_ready',
    help: '1 when /readyz says ready',
    registers,
    collect: () => ready.set(service.isReady() ? 1 : 0)
  })
  new Gauge({
    name: 'sluice_build_info',
    help: 'What runs',
    labelNames: ['service', 'version', 'node'],
    registers
  }).set({ service: service.name, version: service.version, node: process.versions.node }, 1)

  return {
    received: (labels, count = 1) => received.inc(labels, count),
    sent: (labels, count = 1) => sent.inc(labels, count),
    rejected: (labels, count = 1) => rejected.inc(labels, count),
    repeated: (count = 1) => repeated.inc(count),
    doubled: (labels, count = 1) => doubled.inc(labels, count),
    lag: (labels, records) => (records === null ? lag.remove(labels) : lag.set(labels, records)),
    lossAt({ topic, partition }, atMs) {
      const labels = { topic, partition }
      if (atMs !== null) losses.set(`${topic}/${partition}`, { labels, atMs })
      else if (losses.delete(`${topic}/${partition}`)) toLoss.remove(labels)
    },
    batch: (labels, seconds) => batch.observe(labels, seconds),
    latency: (labels, seconds) => latency.observe(labels, seconds),
    rows: (labels, count = 1) => rows.inc(labels, count),
    print: () => registers[0]?.metrics() ?? Promise.resolve(''),
    contentType: registers[0]?.contentType ?? 'text/plain'
  }
}
