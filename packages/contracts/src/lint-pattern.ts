import { parsePattern, PatternError, type CharSet, type PatternNode } from './parse-pattern.ts'

/** Characters of a pattern, and places for one character in it once `{n,m}` is written out. */
const maxPatternLength = 500
const maxPositions = 1000
const maxEdges = 20_000

export interface PatternVerdict {
  /** What the pattern had to be and is not, or null. */
  readonly problem: { readonly expected: string; readonly found: string } | null
  /** Whether the empty text matches. */
  readonly matchesEmpty: boolean
}

/**
 * Says whether a pattern can be matched in linear time by JavaScript's engine, which tries again wherever two ways
 * are open. So there must be only one: the pattern is anchored at both ends, and at each place the next character
 * decides alone which way to go on (it is one-unambiguous: A. Brüggemann-Klein, D. Wood, 1998), without two loops
 * that lead from a character to the same next one.
 */
export function lintPattern(pattern: string): PatternVerdict {
  if (pattern.length > maxPatternLength) {
    return bad(`a pattern of at most ${maxPatternLength} characters`, `${pattern.length}`)
  }
  try {
    void new RegExp(pattern, 'u')
    const automaton = buildAutomaton(parsePattern(pattern))
    for (const next of automaton.ways) {
      if (overlaps(next.map((position) => automaton.sets[position]!))) throw new PatternError(ambiguous)
    }
    return { problem: null, matchesEmpty: automaton.matchesEmpty }
  } catch (error) {
    if (error instanceof PatternError) return bad('a pattern that takes linear time', error.message)
    if (error instanceof SyntaxError) return bad('a regular expression', error.message)
    throw error
  }
}

const ambiguous = 'two ways to go on with the same character'

interface Part {
  readonly isNullable: boolean
  readonly first: readonly number[]
  readonly last: readonly number[]
}

const nothing: Part = { isNullable: true, first: [], last: [] }

/**
 * Glushkov's automaton: one position per character set, edges to the positions that may come next (`ways`: at the start,
 * then after each position). For a pattern without a problem it is deterministic.
 */
export function buildAutomaton(root: PatternNode) {
  const sets: CharSet[] = []
  const follow: Set<number>[] = []
  let edges = 0
  const whole = build(root)
  const ways = [whole.first, ...follow.map((next) => [...next])]
  return { sets, ways, last: new Set(whole.last), matchesEmpty: whole.isNullable }

  function build(node: PatternNode): Part {
    switch (node.kind) {
      case 'set': {
        if (sets.length === maxPositions) throw new PatternError(`more than ${maxPositions} characters written out`)
        const position = sets.push(node.set) - 1
        follow.push(new Set())
        return { isNullable: false, first: [position], last: [position] }
      }
      case 'sequence':
        return node.parts.reduce((before, part) => concat(before, build(part)), nothing)
      case 'choice':
        return choose(node.parts.map(build))
      default:
        return repeat(node)
    }
  }

  function concat(a: Part, b: Part): Part {
    connect(a.last, b.first)
    return {
      isNullable: a.isNullable && b.isNullable,
      first: a.isNullable ? [...a.first, ...b.first] : a.first,
      last: b.isNullable ? [...a.last, ...b.last] : b.last
    }
  }

  function repeat({ node, min, max }: PatternNode & { kind: 'repeat' }): Part {
    let part = nothing
    for (let copy = 1; copy < min; copy++) part = concat(part, build(node))
    if (max === Infinity) {
      const loop = solid(build(node))
      connect(loop.last, loop.first)
      return concat(part, min === 0 ? { ...loop, isNullable: true } : loop)
    }
    if (min > 0) part = concat(part, build(node))
    // x{0,3} is (x(x(x)?)?)?: written that way only one copy can take each character.
    let rest = nothing
    for (let copy = min; copy < max; copy++) rest = { ...concat(solid(build(node)), rest), isNullable: true }
    return concat(part, rest)
  }

  function connect(from: readonly number[], to: readonly number[]): void {
    for (const a of from) {
      for (const b of to) {
        if (follow[a]!.has(b)) throw new PatternError('two loops over the same characters')
        if (++edges > maxEdges) throw new PatternError('too many ways')
        follow[a]!.add(b)
      }
    }
  }
}

function choose(parts: readonly Part[]): Part {
  if (parts.filter((part) => part.isNullable).length > 1) throw new PatternError('two alternatives that may be empty')
  return {
    isNullable: parts.some((part) => part.isNullable),
    first: parts.flatMap((part) => part.first),
    last: parts.flatMap((part) => part.last)
  }
}

function solid(part: Part): Part {
  if (part.isNullable) throw new PatternError('a repetition of what may be empty')
  return part
}

function overlaps(sets: readonly CharSet[]): boolean {
  const ranges = sets.flat().toSorted((a, b) => a[0] - b[0])
  return ranges.some((range, i) => i > 0 && range[0] <= ranges[i - 1]![1])
}

function bad(expected: string, found: string): PatternVerdict {
  return { problem: { expected, found }, matchesEmpty: true }
}
