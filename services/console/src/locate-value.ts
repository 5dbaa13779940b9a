/** Where a value is in a text of JSON, in UTF-16 units; `key` covers its name, or is empty for an item of a list. */
export interface Extent {
  readonly from: number
  readonly to: number
}

/** What a JSON pointer names in the text: the value, or the container in which it is missing; null: neither. */
export type Located = { readonly kind: 'value' | 'missing'; readonly extent: Extent } | null

/** Finds a value by its pointer without parsing the text into values, so that what is shown stays as it was written. */
export function locateValue(text: string, pointer: string): Located {
  const tokens =
    pointer === ''
      ? []
      : pointer
          .slice(1)
          .split('/')
          .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
  let at = skipBlank(text, 0)
  for (const token of tokens) {
    const found = memberOf(text, at, token)
    if (found === null) {
      const to = endOfValue(text, at)
      return to === null || !/[[{]/.test(text[at] ?? '') ? null : { kind: 'missing', extent: { from: at, to } }
    }
    at = found
  }
  const to = endOfValue(text, at)
  return to === null ? null : { kind: 'value', extent: { from: at, to } }
}

/** Where the value of a member or an item begins. */
function memberOf(text: string, start: number, token: string): number | null {
  const opening = text[start]
  if (opening !== '{' && opening !== '[') return null
  let at = skipBlank(text, start + 1)
  for (let index = 0; at < text.length && text[at] !== '}' && text[at] !== ']'; index++) {
    let name = String(index)
    if (opening === '{') {
      const end = endOfString(text, at)
      if (end === null) return null
      name = unquote(text.slice(at, end))
      at = skipBlank(text, end)
      if (text[at] !== ':') return null
      at = skipBlank(text, at + 1)
    }
    if (name === token) return at
    const end = endOfValue(text, at)
    if (end === null) return null
    at = skipBlank(text, end)
    if (text[at] === ',') at = skipBlank(text, at + 1)
  }
  return null
}

/** The place after a value; null: the text ends or breaks within it. */
function endOfValue(text: string, start: number): number | null {
  let at = start
  let depth = 0
  do {
    const c = text[at]
    if (c === undefined) return null
    if (c === '"') {
      const end = endOfString(text, at)
      if (end === null) return null
      at = end
    } else if (c === '{' || c === '[') {
      depth++
      at++
    } else if (c === '}' || c === ']') {
      depth--
      at++
    } else if (/[\s,:]/.test(c)) {
      if (depth === 0) return null
      at++
    } else {
      while (at < text.length && !/[\s,:\]}]/.test(text[at]!)) at++
    }
  } while (depth > 0)
  return at
}

function endOfString(text: string, start: number): number | null {
  if (text[start] !== '"') return null
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at + 1
  }
  return null
}

function unquote(text: string): string {
  try {
    return JSON.parse(text) as string
  } catch {
    return text.slice(1, -1)
  }
}

function skipBlank(text: string, start: number): number {
  let at = start
  while (at < text.length && /\s/.test(text[at]!)) at++
  return at
}
