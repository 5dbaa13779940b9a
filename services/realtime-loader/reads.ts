import { loadContracts, type Reads } from '@sluice/contracts'
import { loadViews } from '@sluice/store'

/** What `realtime.yaml` points to, and the key, which says where a record belongs. */
export async function declareReads({ schemas }: { readonly schemas: string }): Promise<Reads> {
  const contracts = await loadContracts(schemas)
  const { states, boards, recent } = await loadViews(schemas, contracts)
  const found = new Map(contracts.all.map(({ type, keyPointer }) => [type, new Set([`/data${keyPointer}`])]))
  const add = (type: string, pointers: readonly string[]) =>
    pointers.forEach((pointer) => found.get(type)?.add(pointer))
  for (const { key, events } of states)
    for (const [type, { fields = {} }] of events) add(type, [key, ...Object.values(fields)])
  for (const { key, at, entry, events } of boards) for (const type of events) add(type, [...key, at, entry])
  for (const { needs, fields, events } of recent)
    for (const type of events) add(type, [...(needs === null ? [] : [needs]), ...Object.values(fields)])
  return Object.fromEntries([...found].map(([type, pointers]) => [type, [...pointers].flatMap(intoData)]))
}

/** `/data/origin` is `/origin`; nothing of the envelope. */
function intoData(pointer: string): string[] {
  return pointer.startsWith('/data/') ? [pointer.slice('/data'.length)] : []
}
