import type { Column, ColumnType, Contract } from '../types.ts'
import type { Finding } from './compare-contracts.ts'

/** Columns that a table has with one type and would have to have with another: the same documents may need that. */
export function compareColumns(old: Contract, now: Contract): Finding[] {
  return compareFields(old.columns, now.columns, '')
}

function compareFields(old: readonly Column[], now: readonly Column[], pointer: string): Finding[] {
  return old.flatMap(({ name, type }) => {
    const after = now.find((column) => column.name === name)
    return after === undefined ? [] : compareTypes(type, after.type, `${pointer}/${name}`)
  })
}

function compareTypes(old: ColumnType, now: ColumnType, pointer: string): Finding[] {
  if (old.kind === 'list' && now.kind === 'list') return compareTypes(old.element, now.element, pointer)
  if (old.kind === 'struct' && now.kind === 'struct') return compareFields(old.fields, now.fields, pointer)
  if (old.kind === now.kind) return []
  const message = `${pointer}: the column was ${old.kind} and is ${now.kind}`
  return [{ message, pointer, needed: 'major', counterExample: null }]
}
