import type { Contract, Contracts } from '@sluice/contracts'
import { endField } from './operation.ts'
import { ownNames, type Views } from './views.ts'

/**
 * What is wrong with these views beside these contracts. Above all: a state's key and a board's entry must be the key of
 * the contract, because only then one partition alone writes them, and what Redis holds follows from the log.
 */
export function checkViews(views: Views, contracts: Contracts): string[] {
  const problems: string[] = []
  const { retentionMs, name: topic } = contracts.topics.enriched
  const all = [...views.states, ...views.boards, ...views.recent]

  for (const name of new Set(all.map((view) => view.name))) {
    if (ownNames.includes(name)) problems.push(`${name} is a name of the store's own, expected another`)
    if (all.filter((view) => view.name === name).length > 1) problems.push(`${name} is declared twice, expected once`)
  }
  for (const { name, ttlMs } of [...all, { name: 'counts', ...views.counts }]) {
    if (ttlMs > 0 && (retentionMs === -1 || ttlMs < retentionMs)) continue
    problems.push(`${name}: ttl is ${ttlMs} ms, expected less than the retention of ${topic}, ${retentionMs} ms`)
  }
  for (const { name, key, events } of views.states) {
    for (const [type, { set, fields }] of events) {
      expectKey(name, 'key', key, type)
      expectPointers(name, Object.values(fields), type)
      if (endField in set || endField in fields) problems.push(`${name}: ${endField} is a field of the store's own`)
    }
  }
  for (const { name, key, at, entry, events } of views.boards) {
    for (const type of events) {
      expectKey(name, 'entry', entry, type)
      expectPointers(name, [...key, at], type)
    }
  }
  for (const { name, needs, fields, events } of views.recent) {
    for (const type of events) {
      expectContract(name, type)
      expectPointers(name, [...(needs === null ? [] : [needs]), ...Object.values(fields)], type)
    }
  }
  return problems

  function expectKey(view: string, what: string, pointer: string, type: string): void {
    const contract = expectContract(view, type)
    if (contract && pointer !== `/data${contract.keyPointer}`) {
      problems.push(`${view}: ${what} is ${pointer}, expected the key of ${type}, /data${contract.keyPointer}`)
    }
  }

  function expectContract(view: string, type: string): Contract | undefined {
    const contract = contracts.byType(type)
    if (contract === undefined) problems.push(`${view}: there is no contract of ${type}`)
    return contract
  }

  function expectPointers(view: string, pointers: readonly string[], type: string): void {
    const contract = contracts.byType(type)
    for (const pointer of pointers) {
      if (contract && !isKnown(pointer, contract)) problems.push(`${view}: ${type} has nothing at ${pointer}`)
    }
  }
}

const attributes = ['/id', '/source', '/type', '/time', '/subject', '/receivedtime', '/sourceid']

/** Looks no deeper than the first member of data. */
function isKnown(pointer: string, { schema, enrichment }: Contract): boolean {
  const member = /^\/data\/([^/]+)/.exec(pointer)?.[1]
  if (member === undefined) return attributes.includes(pointer)
  if (member === 'enrichment') return enrichment !== null
  return Object.hasOwn((schema as { properties?: object }).properties ?? {}, member)
}
