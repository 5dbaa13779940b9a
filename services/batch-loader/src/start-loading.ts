import type { Topics } from '@sluice/contracts'
import { originOf, parseGap, readRange, runSink, type Kafka, type SinkRecord } from '@sluice/kafka'
import { watchRetention } from '@sluice/service'
import { holdRisk } from './hold-risk.ts'
import { openLoader, type LoaderDeps } from './open-loader.ts'

/** A table that is further behind its reader than this gets a commit of positions alone. */
const farBehind = { behindMs: 600_000, behindRecords: 100_000 }

export interface LoadingDeps extends Omit<LoaderDeps, 'fetchRecords' | 'reopen' | 'service' | 'limits'> {
  readonly kafka: Kafka
  readonly group: string
  readonly sessionTimeoutMs: number
  readonly limits: { readonly rows: number; readonly bytes: number; readonly ms: number }
  readonly version: string
  /** As a refusal prints them. */
  readonly acceptedGaps: readonly string[]
}

/** Reads both topics into the tables until it is stopped. */
export function startLoading(deps: LoadingDeps) {
  const { kafka, contracts, metrics, tick, fail } = deps
  const { raw, enriched, dlq } = contracts.topics
  const service = { name: 'batch-loader', version: deps.version }
  const retention = watchRetention(deps)
  const loader = openLoader({
    ...deps,
    service,
    limits: { ...farBehind, ...deps.limits },
    fetchRecords: (partition, offsets) => fetchRecords(kafka, contracts.topics, partition, offsets),
    reopen: (topic, partition) => sink.reopen(topic, partition)
  })
  const sink = runSink(
    kafka,
    {
      group: deps.group,
      sessionTimeoutMs: deps.sessionTimeoutMs,
      topics: [enriched, dlq],
      raw,
      open: loader.open,
      handle: loader.handle,
      gaps: { accepted: deps.acceptedGaps.map(parseGap), dlq, service, pass: loader.passGap },
      tick,
      onRisk: holdRisk(deps.tables, retention.report),
      onProgress({ topic, partition, lag, doubled }) {
        metrics.lag({ topic, partition }, lag)
        if (doubled > 0) metrics.doubled({ topic }, doubled)
      }
    },
    deps
  )
  sink.done.catch(fail)
  return {
    problems: () => [...sink.problems(), ...loader.problems()],
    /** The flush comes first: as long as we are in the group, nobody else reads what we are about to commit. */
    async stop(graceMs: number): Promise<void> {
      await loader.close(graceMs)
      await sink.stop()
      retention[Symbol.dispose]()
    }
  }
}

/** Certain records of a partition, read again. */
async function fetchRecords(
  kafka: Kafka,
  { enriched: { name: topic }, raw }: Topics,
  partition: number,
  offsets: readonly bigint[]
): Promise<SinkRecord[]> {
  const wanted = new Set(offsets)
  const sorted = [...offsets].toSorted((a, b) => (a < b ? -1 : 1))
  const from = sorted[0]
  const last = sorted.at(-1)
  if (from === undefined || last === undefined) return []
  const records: SinkRecord[] = []
  for await (const record of readRange(kafka, { topic, partition, from, to: last + 1n })) {
    if (wanted.has(record.offset)) records.push({ ...record, origin: originOf(record, raw.name) })
  }
  return records
}
