/** Longest pointer that we write, in UTF-16 units: it has to fit a record header whatever a client named its keys. */
const maxPointerLength = 256

/**
 * Appends one reference token (RFC 6901) to a pointer. Control characters and lone surrogates of a client's own key
 * are written as `\uXXXX`, and a pointer longer than 256 characters ends in `…`: it goes into headers, answers and logs.
 */
export function pointerTo(parent: string, token: string | number): string {
  if (parent.endsWith('…')) return parent
  const pointer = `${parent}/${typeof token === 'number' ? token : printable(escapeToken(token))}`
  return pointer.length <= maxPointerLength ? pointer : `${pointer.slice(0, maxPointerLength - 1).toWellFormed()}…`
}

/** The value that a pointer (RFC 6901) names in a document, own properties only; undefined where there is none. */
export function valueAt(document: unknown, pointer: string): unknown {
  if (pointer === '') return document
  let value = document
  for (const token of pointer.slice(1).split('/')) {
    if (typeof value !== 'object' || value === null) return undefined
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~')
    if (!Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

function escapeToken(token: string): string {
  return token.slice(0, maxPointerLength).replaceAll('~', '~0').replaceAll('/', '~1')
}

function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cs}]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
