import { isDeepStrictEqual } from 'node:util'
import type { Reads } from './types.ts'

type Document = Readonly<Record<string, unknown>>

/**
 * Holds what someone declares to read of an event type against what is noticed when a field is left out: `run` is the
 * reader's pure code, and answers something else once a field that it reads is gone. One sentence per field that is
 * noticed and not declared, or declared and never noticed in any of the documents; the empty pointer is every field.
 */
export function checkReads(
  reads: Reads,
  type: string,
  documents: readonly Document[],
  run: (data: Document) => unknown
): string[] {
  const declared = [...(reads[type] ?? []), ...(reads['*'] ?? [])]
  const pointers = new Set(documents.flatMap((document) => pointersOf(document, '')))
  const noticed = new Set(
    [...pointers].filter((pointer) => documents.some((document) => isNoticed(document, pointer, run)))
  )
  const covers = (a: string, b: string) => `${b}/`.startsWith(`${a}/`)
  return [
    ...[...noticed]
      .filter((pointer) => !declared.some((field) => covers(field, pointer) || covers(pointer, field)))
      .map((pointer) => `${type}: ${pointer} is read and not declared`),
    ...declared
      .flatMap((field) => (field === '' ? [...pointers] : [field]))
      .filter((field) => ![...noticed].some((pointer) => covers(field, pointer)))
      .map((field) => `${type}: ${field} is declared, and nothing changes when it is gone`)
  ]
}

function pointersOf(value: unknown, at: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([name, inner]) => [`${at}/${name}`, ...pointersOf(inner, `${at}/${name}`)])
}

function isNoticed(document: Document, pointer: string, run: (data: Document) => unknown): boolean {
  const less = without(document, pointer.slice(1).split('/'))
  return less !== null && !isDeepStrictEqual(run(document), run(less))
}

/** Null: the document has no such field. */
function without(document: Document, [name = '', ...rest]: readonly string[]): Document | null {
  if (!Object.hasOwn(document, name)) return null
  const { [name]: inner, ...others } = document
  if (rest.length === 0) return others
  const less = typeof inner === 'object' && inner !== null ? without(inner as Document, rest) : null
  return less === null ? null : { ...document, [name]: less }
}
