import { isDeepStrictEqual } from 'node:util'
import type { Reads } from './types.ts'

type Document = Readonly<Record<string, unknown>>

/**
 * Holds what someone declares to read of an event type against what is noticed when a field is left out: `run` is the
 * reader's pure code, and answers something else once a field that it reads is gone. One sentence per field that is
 * noticed and not declared, or declared and never noticed in any of the documents; the empty pointer is every field.
 * Fields that stand in for each other are noticed by nobody one by one: so each document also has to be answered alike
 * when it has the declared fields alone.
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
  const undeclared = [...noticed].filter((pointer) => !declared.some((field) => touches(field, pointer)))
  const cut = documents.find((document) => !isDeepStrictEqual(run(document), run(cutTo(document, declared))))
  return [
    ...undeclared.map((pointer) => `${type}: ${pointer} is read and not declared`),
    ...(undeclared.length === 0 && cut !== undefined
      ? [
          `${type}: fields are read and not declared: with those alone that are, this is taken otherwise: ${JSON.stringify(cut)}`
        ]
      : []),
    ...declared
      .flatMap((field) => (field === '' ? [...pointers] : [field]))
      .filter((field) => ![...noticed].some((pointer) => covers(field, pointer)))
      .map((field) => `${type}: ${field} is declared, and nothing changes when it is gone`)
  ]
}

/** Whether `a` is `b`, or what it lies within. */
function covers(a: string, b: string): boolean {
  return `${b}/`.startsWith(`${a}/`)
}

function touches(a: string, b: string): boolean {
  return covers(a, b) || covers(b, a)
}

function cutTo(document: Document, declared: readonly string[], at = ''): Document {
  const kept = Object.entries(document).filter(([name]) => declared.some((field) => touches(field, `${at}/${name}`)))
  return Object.fromEntries(
    kept.map(([name, inner]) => {
      const pointer = `${at}/${name}`
      const isWhole = !isObject(inner) || declared.some((field) => covers(field, pointer))
      return [name, isWhole ? inner : cutTo(inner, declared, pointer)]
    })
  )
}

function pointersOf(value: unknown, at: string): string[] {
  if (!isObject(value)) return []
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
  const less = isObject(inner) ? without(inner, rest) : null
  return less === null ? null : { ...document, [name]: less }
}

function isObject(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
