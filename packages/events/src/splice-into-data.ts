import { locateData, locateMember, skipSpace } from './locate-data.ts'
import { bomLength } from './parse-json-strict.ts'

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * The same event with one more property at the end of `data`: `json` is its value, already JSON. Every other byte of
 * `data` stays. With `replaceDataschema` the event's `dataschema` is that text afterwards, added if there was none.
 * For bytes that `parseJsonStrict` accepts and whose `data` is an object without that property; throws otherwise.
 */
export function spliceIntoData(bytes: Buffer, property: string, json: string, replaceDataschema?: string): Buffer {
  const data = locateData(bytes)
  if (!data || bytes[data.start] !== 0x7b || bytes[data.end - 1] !== 0x7d) {
    throw new Error(`cannot add ${property} to data: expected an object, found something else`)
  }
  const isEmpty = skipSpace(bytes, data.start + 1) === data.end - 1
  const inside = data.end - 1
  const addition = { start: inside, end: inside, text: `${isEmpty ? '' : ','}${JSON.stringify(property)}:${json}` }
  if (replaceDataschema === undefined) return apply(bytes, [addition])
  const schema = editDataschema(bytes, replaceDataschema)
  return apply(bytes, schema.start < addition.start ? [schema, addition] : [addition, schema])
}

function editDataschema(bytes: Buffer, dataschema: string): Edit {
  const text = JSON.stringify(dataschema)
  const present = locateMember(bytes, 'dataschema')
  if (present) return { ...present.value, text }
  const at = locateMember(bytes, 'data')!.key.start
  return { start: at, end: at, text: `"dataschema":${text},` }
}

/** `edits` in order and apart from one another. The byte order mark of a text goes: it is no part of the event. */
function apply(bytes: Buffer, edits: readonly Edit[]): Buffer {
  const parts: Buffer[] = []
  let at: number = bomLength(bytes)
  for (const edit of edits) {
    parts.push(bytes.subarray(at, edit.start), Buffer.from(edit.text))
    at = edit.end
  }
  parts.push(bytes.subarray(at))
  return Buffer.concat(parts)
}
