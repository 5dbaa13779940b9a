import type { Checked, KafkaRecord, Problem } from '@sluice/events'
import { enrichAll } from './enrich-all.ts'
import { judge, type Judged } from './judge.ts'
import { deadLetterOf, enrichedOf, repeatOf, type OutputRecord } from './output-records.ts'
import type { RepeatWindow } from './repeat-window.ts'
import type { LaneContext } from './run-group.ts'
import type { Transactions } from './transactions.ts'
import type { EnrichedRecord, RecordOutcome, RunDeps, TransformOptions } from './types.ts'

export interface BatchWork {
  /** Raw records, in the order of their offsets. */
  readonly batch: readonly KafkaRecord[]
  /** Next raw offset to read after them. */
  readonly next: bigint
  readonly window: RepeatWindow
  readonly transactions: Transactions
}

/** Judges, enriches and routes a batch, and commits it in one transaction. After an error the window is spoilt. */
export async function transformBatch<Item>(
  { batch, next, window, transactions }: BatchWork,
  options: TransformOptions<Item>,
  deps: RunDeps,
  { partition, signal, retry }: LaneContext
): Promise<void> {
  const { group, topics, enrich } = options
  const started = performance.now()
  const judged = judge(batch, options.check, window, deps.log)
  const good = judged.filter((one) => one.kind === 'good')
  // Outside of the transaction: an outage may last, and a transaction that waits holds up every reader of the outputs.
  const answers = await retry(() => enrichAll<Item>(good, { enrich, signal, log: deps.log }))
  const routed = route(judged, answers, window, options, deps)
  const enrichedAt = performance.now()
  const outputs = [
    { topic: topics.enriched.name, records: routed.enriched },
    { topic: topics.dlq.name, records: routed.dead }
  ]
  await transactions.commit({ partition, outputs, group, input: topics.raw.name, next })
  options.onCommitted?.({
    partition,
    outcomes: routed.outcomes,
    enrichSeconds: (enrichedAt - started) / 1000,
    commitSeconds: (performance.now() - enrichedAt) / 1000
  })
}

interface Routed<Item> {
  readonly enriched: readonly OutputRecord[]
  readonly dead: readonly OutputRecord[]
  readonly outcomes: readonly RecordOutcome<Item>[]
}

/** Gives every judged record exactly one output record. `answers` are those of the good ones, in order. */
function route<Item>(
  judged: readonly Judged<Item>[],
  answers: readonly Checked<EnrichedRecord>[],
  window: RepeatWindow,
  { topics, service }: TransformOptions<Item>,
  { now }: RunDeps
): Routed<Item> {
  const letters = { service, now, maxBytes: topics.dlq.maxMessageBytes }
  const enriched: OutputRecord[] = []
  const dead: OutputRecord[] = []
  const outcomes: RecordOutcome<Item>[] = []
  const remaining = answers.values()

  function bury(one: Judged<Item>, problem: Problem, item: Item | null): void {
    dead.push(deadLetterOf(one, problem, letters))
    outcomes.push({ kind: 'rejected', record: one.record, reason: problem.reason, item })
  }

  for (const one of judged) {
    const { record } = one
    if (one.kind === 'repeat') {
      dead.push(repeatOf(one, one.first, letters))
      outcomes.push({ kind: 'repeat', record, firstOffset: one.first })
    } else if (one.kind === 'rejected') {
      bury(one, one.problem, null)
    } else {
      const answer = remaining.next().value
      if (!answer) throw new Error(`no answer for ${record.topic}/${record.partition}@${record.offset}`)
      const output = answer.ok ? enrichedOf(one, answer.value, topics.enriched.maxMessageBytes) : answer
      if (output.ok) {
        enriched.push(output.value)
        outcomes.push({ kind: 'enriched', record, item: one.item })
      } else {
        if (one.identity !== null) window.rejectAfterAll(one.identity, record.offset)
        bury(one, output.problem, one.item)
      }
    }
  }
  return { enriched, dead, outcomes }
}
