import { isStrictDateTime } from '@sluice/events'
import { durationMs } from './duration.ts'
import { lintPattern } from './lint-pattern.ts'
import { lintPersonalData } from './lint-personal-data.ts'
import { describe, isObject, refuseUnknown, type Report } from './report.ts'
import type { EnrichmentPolicy, TimeWindow } from './types.ts'

type Json = Readonly<Record<string, unknown>>

/** `x-contract` of a schema file, read. */
export interface ContractBlock {
  readonly owner: string
  readonly version: string
  readonly key: string
  readonly table: string
  readonly window: TimeWindow
  readonly enrichment: EnrichmentPolicy | null
}

/** Longest key in bytes of UTF-8. */
export const maxKeyBytes = 256

const at = '/x-contract'
const members = ['owner', 'version', 'key', 'table', 'window', 'pii', 'enrichment']
const tableName = /^[a-z][a-z0-9_]{0,62}$/
const kebab = /^[a-z][a-z0-9-]{0,63}$/

/** Reads the `x-contract` block; what it returns is meaningful only if nothing was reported. */
export function readContractBlock(schema: Json, report: Report): ContractBlock {
  const block = isObject(schema['x-contract']) ? schema['x-contract'] : {}
  if (!isObject(schema['x-contract'])) report.problem(at, 'an object', describe(schema['x-contract']))
  else refuseUnknown(block, members, at, report)
  const { owner, version, key, table } = block
  if (!matches(kebab, owner)) report.problem(`${at}/owner`, 'lower-case words joined by -', describe(owner))
  if (!matches(/^(?:0|[1-9]\d{0,3})\.(?:0|[1-9]\d{0,3})$/, version)) {
    report.problem(`${at}/version`, 'major.minor, such as "1.0"', describe(version))
  }
  if (!matches(tableName, table) || table === 'dead_letters') {
    report.problem(`${at}/table`, 'lower-case letters, digits and _, not dead_letters', describe(table))
  }
  lintKey(schema, key, report)
  lintPersonalData(schema, block['pii'], report)
  return {
    owner: owner as string,
    version: version as string,
    key: key as string,
    table: table as string,
    window: readWindow(block['window'], report),
    enrichment: readEnrichment(block['enrichment'], report)
  }
}

/** The key decides the partition of an event, so every valid event must have one. */
function lintKey(schema: Json, key: unknown, report: Report): void {
  if (!matches(/^(?:\/[A-Za-z][A-Za-z0-9_]*)+$/, key)) {
    return report.problem(`${at}/key`, 'a JSON pointer to a property, such as "/order_id"', describe(key))
  }
  let node: Json = schema
  for (const name of (key as string).slice(1).split('/')) {
    const properties = isObject(node['properties']) ? node['properties'] : {}
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (!isObject(property)) return report.problem(`${at}/key`, 'a pointer to a property', describe(key))
    const isAlwaysThere =
      Array.isArray(node['required']) && node['required'].includes(name) && !Array.isArray(property['type'])
    if (!isAlwaysThere) return report.problem(`${at}/key`, 'a property that is required and never null', describe(key))
    node = property
  }
  const { type, minLength, maxLength, pattern } = node
  if (type !== 'string') return report.problem(`${at}/key`, 'a property of type string', describe(type))
  const isNeverEmpty = (minLength as number) >= 1 || (typeof pattern === 'string' && !lintPattern(pattern).matchesEmpty)
  if (!isNeverEmpty)
    report.problem(`${at}/key`, 'a property with minLength 1 or more, or a pattern', describe(minLength))
  if (!((maxLength as number) <= maxKeyBytes)) {
    report.problem(`${at}/key`, `a property with maxLength of at most ${maxKeyBytes}`, describe(maxLength))
  }
}

function readWindow(window: unknown, report: Report): TimeWindow {
  const nowhere: TimeWindow = { kind: 'relative', pastMs: 0, futureMs: 0 }
  const expected = '{"from", "to"} with RFC 3339 times in order, or {"past", "future"} with durations such as "P7D"'
  const problem = () => report.problem(`${at}/window`, expected, describe(window))
  if (!isObject(window)) return (problem(), nowhere)
  const names = Object.keys(window).toSorted().join()
  if (names === 'from,to') {
    const { from, to } = window
    const areTimes = [from, to].every((time) => typeof time === 'string' && isStrictDateTime(time))
    const [fromMs, toMs] = areTimes ? [Date.parse(from as string), Date.parse(to as string)] : [0, 0]
    if (fromMs >= toMs) problem()
    return { kind: 'absolute', fromMs, toMs }
  }
  const [pastMs, futureMs] = [durationMs(window['past']), durationMs(window['future'])]
  if (names !== 'future,past' || pastMs === null || futureMs === null) problem()
  return { kind: 'relative', pastMs: pastMs ?? 0, futureMs: futureMs ?? 0 }
}

function readEnrichment(policy: unknown, report: Report): EnrichmentPolicy | null {
  if (policy === undefined) return null
  if (!isObject(policy)) {
    report.problem(`${at}/enrichment`, '{"model", "onOutage"}', describe(policy))
    return null
  }
  refuseUnknown(policy, ['model', 'onOutage'], `${at}/enrichment`, report)
  const { model, onOutage } = policy
  if (!matches(kebab, model)) report.problem(`${at}/enrichment/model`, 'lower-case words joined by -', describe(model))
  if (onOutage !== 'wait' && onOutage !== 'pass') {
    report.problem(`${at}/enrichment/onOutage`, '"wait" or "pass"', describe(onOutage))
  }
  return {
    model: String(model),
    property: String(model).replaceAll('-', '_'),
    onOutage: onOutage === 'pass' ? 'pass' : 'wait'
  }
}

function matches(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value)
}
