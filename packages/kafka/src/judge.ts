import { header, RefusedError, reject, type Checked, type KafkaRecord, type Log, type Problem } from '@sluice/events'
import { bugOf } from './bug.ts'
import { headerProblemOf } from './output-records.ts'
import type { RepeatWindow } from './repeat-window.ts'
import { parseOffset } from './origin.ts'
import type { Verdict } from './types.ts'

/** A raw record with all that a look at it alone, and at the window, can tell. */
export type Judged<Item> = {
  readonly record: KafkaRecord
  readonly identity: string | null
  readonly contract: string | null
} & (
  | { readonly kind: 'repeat'; readonly first: bigint }
  | { readonly kind: 'rejected'; readonly problem: Problem }
  | { readonly kind: 'good'; readonly item: Item }
)

/** Judges records in the order of their offsets and enters each into the window. */
export function judge<Item>(
  records: readonly KafkaRecord[],
  check: (record: KafkaRecord) => Verdict<Item>,
  window: RepeatWindow,
  log: Log
): Judged<Item>[] {
  return records.map((record) => {
    const { identity, contract, result } = examine(record, check, log)
    const known = { record, identity, contract }
    const replayOf = parseOffset(record.headers[header.replayOf]?.toString() ?? null)
    const first = identity === null ? null : window.firstOf(identity, record.offset, replayOf)
    if (identity !== null && first !== null) {
      window.repeat(identity, record.offset, first)
      return { ...known, kind: 'repeat', first }
    }
    if (identity !== null) window.decide(identity, record.offset, !result.ok)
    return result.ok
      ? { ...known, kind: 'good', item: result.value }
      : { ...known, kind: 'rejected', problem: result.problem }
  })
}

function examine<Item>(record: KafkaRecord, check: (record: KafkaRecord) => Verdict<Item>, log: Log): Verdict<Item> {
  try {
    const verdict = check(record)
    const headerProblem = headerProblemOf(record)
    return headerProblem === null ? verdict : { ...verdict, result: reject('headers', '', headerProblem) }
  } catch (error) {
    if (error instanceof RefusedError) throw error
    return { identity: null, contract: null, result: reportBug(error, record, log) }
  }
}

/** The record becomes a dead letter; the place goes into the log, where somebody reads it. */
export function reportBug(error: unknown, { topic, partition, offset }: KafkaRecord, log: Log): Checked<never> {
  const { frames, ...bug } = bugOf(error)
  log.error(
    { topic, partition, offset: offset.toString(), bug: bug.problem.message, frames },
    'a bug of ours on one record'
  )
  return bug
}
