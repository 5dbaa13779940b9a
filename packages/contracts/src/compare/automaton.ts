import { buildAutomaton } from '../lint-pattern.ts'
import { parsePattern, type CharSet } from '../parse-pattern.ts'
import { intersect, single, subtract } from './char-set.ts'

/** One state of a deterministic automaton over code points; the others are made as they are reached. */
export interface State {
  /** Equal keys, equal futures (within one automaton). */
  readonly key: string
  readonly accepts: boolean
  /** Sets that do not overlap; a character in none of them has no way on. */
  edges(): readonly Edge[]
}

export interface Edge {
  readonly set: CharSet
  readonly to: State
}

/** The texts that a pattern of a contract matches. */
export function patternAutomaton(pattern: string): State {
  const { sets, ways, last, matchesEmpty } = buildAutomaton(parsePattern(pattern))
  const states = new Map<number, State>()
  return state(-1)

  function state(position: number): State {
    const known = states.get(position)
    if (known !== undefined) return known
    const made: State = {
      key: String(position),
      accepts: position < 0 ? matchesEmpty : last.has(position),
      edges: () => ways[position + 1]!.map((to) => ({ set: sets[to]!, to: state(to) }))
    }
    states.set(position, made)
    return made
  }
}

/** Exactly these texts. */
export function listAutomaton(texts: readonly string[], prefix = ''): State {
  const nexts = new Set(texts.flatMap((text) => Array.from(text)[0] ?? []))
  return {
    key: prefix,
    accepts: texts.includes(''),
    edges: () =>
      [...nexts].map((next) => ({
        set: single(next),
        to: listAutomaton(
          texts.filter((text) => text.startsWith(next)).map((text) => text.slice(next.length)),
          prefix + next
        )
      }))
  }
}

/** What all of the automata accept, as one; every text where there are none. */
export function both(a: State, b: State): State {
  return {
    key: `${a.key}&${b.key}`,
    accepts: a.accepts && b.accepts,
    edges: () =>
      a.edges().flatMap((x) =>
        b.edges().flatMap((y) => {
          const set = intersect(x.set, y.set)
          return set.length === 0 ? [] : { set, to: both(x.to, y.to) }
        })
      )
  }
}

/** Every text over these characters. */
export function everyText(characters: CharSet): State {
  const state: State = { key: '*', accepts: true, edges: () => [{ set: characters, to: state }] }
  return state
}

/** The ways on from a pair of states; null: the second has none with these characters. */
export function pairEdges(a: State, b: State | null): readonly { set: CharSet; to: State; other: State | null }[] {
  const others = b?.edges() ?? []
  return a.edges().flatMap(({ set, to }) => {
    const shared = others.map((other) => ({ set: intersect(set, other.set), to, other: other.to }))
    const rest = others.reduce((left, other) => subtract(left, other.set), set)
    return [...shared, { set: rest, to, other: null }].filter((edge) => edge.set.length > 0)
  })
}
