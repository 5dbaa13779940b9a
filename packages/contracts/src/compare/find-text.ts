import { both, everyText, listAutomaton, pairEdges, patternAutomaton, type State } from './automaton.ts'
import { anyCharacter, pick } from './char-set.ts'
import { formatAutomaton } from './format-automata.ts'
import { holdsScalar } from './holds.ts'
import type { SchemaNode } from '../schema-node.ts'

interface Texts {
  readonly start: State
  /** Code points, both ends included. */
  readonly min: number
  readonly max: number
}

/** A shortest text that the writer's schema allows and the reader's does not; null: there is none. Reader null: any. */
export function findText(writer: SchemaNode, reader: SchemaNode | null): string | null {
  const listed = listOf(writer)
  if (listed !== null) return listed.find((text) => reader === null || !holdsScalar(reader, text)) ?? null
  if (reader === null)
    return (writer.format && usual.find((text) => holdsScalar(writer, text))) ?? search(textsOf(writer), null)
  // What both ask for refuses nothing that the writer allows.
  const { pattern, format, ...others } = reader
  const left = {
    ...others,
    ...(pattern !== undefined && pattern !== writer.pattern && { pattern }),
    ...(format !== undefined && format !== writer.format && { format })
  }
  return search(textsOf(writer), textsOf(left))
}

/** What someone who reads an example expects; the shortest text of a format is an odd one. */
const usual = ['2013-09-01T12:00:00Z', '2013-09-01', '12']

/** The texts of an `enum` or a `const` that the rest of the schema allows; null: there is neither. */
function listOf(node: SchemaNode): readonly string[] | null {
  if (node.enum === undefined && node.const === undefined) return null
  return [node.const ?? node.enum]
    .flat()
    .filter((value) => typeof value === 'string' && holdsScalar(node, value)) as string[]
}

function textsOf(node: SchemaNode): Texts {
  const listed = listOf(node)
  if (listed !== null) return { start: listAutomaton(listed), min: 0, max: Infinity }
  let start = everyText(anyCharacter)
  if (node.pattern !== undefined) start = both(start, patternAutomaton(node.pattern))
  if (node.format !== undefined) start = both(start, formatAutomaton(node.format))
  return { start, min: node.minLength ?? 0, max: node.maxLength ?? Infinity }
}

/** A pair of states after as many characters as its layer says, and how it was reached. */
interface Place {
  readonly writer: State
  readonly reader: State | null
  readonly before: Place | null
  readonly character: string
}

/** Layer by layer, so that the first text found is a shortest one. */
function search(writer: Texts, reader: Texts | null): string | null {
  const isRefused = (state: State | null, length: number): boolean =>
    state === null || !state.accepts || length < reader!.min || length > reader!.max
  // From here on nothing depends on the length, and layers that are equal stay so.
  const settled = Math.max(writer.min, ...[reader?.min ?? 0, (reader?.max ?? 0) + 1].filter((n) => n <= writer.max))
  const first: Place = { writer: writer.start, reader: reader?.start ?? null, before: null, character: '' }
  const isAnyText = reader?.start.key === '*' && writer.min >= reader.min && writer.max <= reader.max
  let layer = isAnyText ? new Map<string, Place>() : new Map([[keyOf(first), first]])
  for (let length = 0; length <= writer.max && layer.size > 0; length++) {
    for (const place of layer.values()) {
      const isFound = length >= writer.min && place.writer.accepts && isRefused(place.reader, length)
      if (isFound) return spell(place)
    }
    const next = new Map<string, Place>()
    for (const place of layer.values()) {
      for (const { set, to, other } of pairEdges(place.writer, place.reader)) {
        const reached: Place = { writer: to, reader: other, before: place, character: pick(set) }
        const key = keyOf(reached)
        if (!next.has(key)) next.set(key, reached)
      }
    }
    if (length >= settled && next.size === layer.size && [...next.keys()].every((key) => layer.has(key))) return null
    layer = next
  }
  return null
}

function keyOf({ writer, reader }: Place): string {
  return `${writer.key} ${reader === null ? '' : `/${reader.key}`}`
}

function spell(place: Place): string {
  const characters: string[] = []
  for (let at: Place | null = place; at !== null; at = at.before) characters.push(at.character)
  return characters.toReversed().join('')
}
