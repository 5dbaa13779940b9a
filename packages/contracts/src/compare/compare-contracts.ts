import type { SchemaNode } from '../schema-node.ts'
import type { Contract, TimeWindow } from '../types.ts'
import { findDifference } from './find-difference.ts'
import { compareColumns } from './compare-columns.ts'
import { findAdditions, withoutAdditions } from './find-additions.ts'

export type Step = 'none' | 'minor' | 'major'

/** One thing that changed in a contract. */
export interface Finding {
  /** In words: `was valid and is refused now: /data/x: expected …`. */
  readonly message: string
  /** The place in `data`, `/distance_miles`; empty where it is the whole contract. */
  readonly pointer: string
  readonly needed: Step
  /** `data` that one of the two versions allows and the other refuses. */
  readonly counterExample: CounterExample | null
}

export interface CounterExample {
  readonly data: unknown
  readonly validFor: 'old' | 'new'
}

export interface Comparison {
  readonly findings: readonly Finding[]
  /** The version step that the findings need. */
  readonly needed: Step
  /** Whether the contract's version has made it; `major`: never, that is another contract with a table of its own. */
  readonly isStepMade: boolean
}

/**
 * Compares two versions of one event type. A new optional field is a new minor version, anything else that changes
 * which documents are valid is a new major; so is another key, table, column type, or a window that lets less pass.
 */
export function compareContracts(old: Contract, now: Contract): Comparison {
  if (old.type !== now.type) throw new Error(`${old.type} and ${now.type} are two event types, not versions of one`)
  const findings = [
    ...compareData(old, now),
    ...compareColumns(old, now),
    ...compareKey(old, now),
    ...compareWindow(old.window, now.window),
    ...compareEnrichment(old, now)
  ]
  const needed = findings.some((finding) => finding.needed === 'major')
    ? 'major'
    : findings.length > 0
      ? 'minor'
      : 'none'
  const isStepMade = needed === 'none' ? now.minor >= old.minor : needed === 'minor' && now.minor > old.minor
  return { findings, needed, isStepMade }
}

function compareData(old: Contract, now: Contract): Finding[] {
  const [before, after] = [old.schema, now.schema] as [SchemaNode, SchemaNode]
  const lost = findDifference(before, after, exampleOf(old))
  const gained = findDifference(withoutAdditions(after, before), before, exampleOf(old, now))
  const additions = findAdditions(after, before, exampleOf(now) ?? exampleOf(old, now))
  return [
    ...(lost === null ? [] : [refused(old, now, lost.value, 'old', 'was valid and is refused now')]),
    ...(gained === null
      ? []
      : [refused(now, old, gained.value, 'new', 'is valid now, and refused by who knows only the old version')]),
    ...additions.map(({ pointer, value }): Finding => {
      if (value !== undefined) assertRefused(now, old, value)
      return {
        message: `${pointer}: a new optional field; who knows only ${old.version} refuses its version`,
        pointer,
        needed: 'minor',
        counterExample: value === undefined ? null : { data: value, validFor: 'new' }
      }
    })
  ]
}

/** An example that both versions allow, or the first. */
function exampleOf(contract: Contract, other = contract): unknown {
  const { examples } = contract.schema as { examples?: readonly unknown[] }
  return examples?.find((example) => other.checkData(example).ok)
}

function refused(writer: Contract, reader: Contract, data: unknown, validFor: 'old' | 'new', what: string): Finding {
  const { pointer, message } = assertRefused(writer, reader, data)
  return {
    message: `${what}: ${message}`,
    pointer: pointer.slice('/data'.length),
    needed: 'major',
    counterExample: { data, validFor }
  }
}

/** What the reader's validator says to what the writer's allows. A bug of the comparison shows here. */
function assertRefused(writer: Contract, reader: Contract, data: unknown): { pointer: string; message: string } {
  const checked = reader.checkData(data)
  if (!writer.checkData(data).ok || checked.ok)
    throw new Error(
      `${writer.type}: ${JSON.stringify(data)} is no counter-example of ${writer.version} and ${reader.version}`
    )
  return checked.problem
}

function compareKey(old: Contract, now: Contract): Finding[] {
  return [
    ...(old.keyPointer === now.keyPointer
      ? []
      : [
          major(
            `the key was ${old.keyPointer} and is ${now.keyPointer}: events of one key would lie in two partitions`,
            now.keyPointer
          )
        ]),
    ...(old.table === now.table
      ? []
      : [major(`the table was ${old.table} and is ${now.table}: rows would lie in two tables`)])
  ]
}

function compareWindow(old: TimeWindow, now: TimeWindow): Finding[] {
  const [a, b] = [boundsOf(old), boundsOf(now)]
  if (old.kind !== now.kind) return [major(`the time window was ${old.kind} and is ${now.kind}`)]
  if (b.from > a.from || b.to < a.to)
    return [major('the time window became smaller: events that were accepted are clock_skew now')]
  return b.from < a.from || b.to > a.to ? [minor('the time window became larger')] : []
}

function boundsOf(window: TimeWindow): { from: number; to: number } {
  return window.kind === 'absolute'
    ? { from: window.fromMs, to: window.toMs }
    : { from: -window.pastMs, to: window.futureMs }
}

function compareEnrichment({ enrichment: old }: Contract, { enrichment: now }: Contract): Finding[] {
  if (old === null) return now === null ? [] : [minor(`events get an enrichment, ${now.property}`)]
  if (now === null) return [major(`events lose their enrichment, ${old.property}`)]
  if (old.property !== now.property) return [major(`the enrichment was ${old.property} and is ${now.property}`)]
  const mayBeNullNow = old.onOutage === 'wait' && now.onOutage === 'pass'
  return mayBeNullNow ? [minor('the enrichment may be null now: events pass while the model is away')] : []
}

function major(message: string, pointer = ''): Finding {
  return { message, pointer, needed: 'major', counterExample: null }
}

function minor(message: string): Finding {
  return { message, pointer: '', needed: 'minor', counterExample: null }
}
