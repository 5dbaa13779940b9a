/** Code points, as ranges with both ends included, in order and apart. */
export type CharSet = readonly (readonly [number, number])[]

export type PatternNode =
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly node: PatternNode; readonly min: number; readonly max: number }

const lastCodePoint = 0x10ffff
const digits: CharSet = [[0x30, 0x39]]
const wordCharacters: CharSet = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a]
]
const whiteSpace: CharSet = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff]
]
const lineEnds: CharSet = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029]
]
const controls: Readonly<Record<string, number>> = { t: 0x09, n: 0x0a, v: 0x0b, f: 0x0c, r: 0x0d }

/**
 * Parses a pattern that JavaScript accepts with the `u` flag, as far as it keeps to what a contract needs: `^…$`
 * around literals, classes, groups, alternatives and greedy repetitions. Throws PatternError for anything else.
 */
export function parsePattern(pattern: string): PatternNode {
  const chars = Array.from(pattern)
  if (chars[0] !== '^' || chars.at(-1) !== '$' || chars.length < 2) throw new PatternError('no ^ or no $ around it')
  const end = chars.length - 1
  let at = 1
  const body = sequence()
  if (at > end) throw new PatternError('no $ at its end')
  if (at < end) throw new PatternError('alternatives outside a group')
  return body

  function choice(): PatternNode {
    const parts = [sequence()]
    while (at < end && chars[at] === '|') {
      at++
      parts.push(sequence())
    }
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts }
  }

  function sequence(): PatternNode {
    const parts: PatternNode[] = []
    while (at < end && chars[at] !== '|' && chars[at] !== ')') parts.push(quantified(atom()))
    return { kind: 'sequence', parts }
  }

  function atom(): PatternNode {
    const c = chars[at++]!
    if (c === '(') return group()
    if (c === '[') return { kind: 'set', set: characterClass() }
    if (c === '.') return { kind: 'set', set: complement(lineEnds) }
    if (c === '\\') return { kind: 'set', set: escape() }
    if (c === '^' || c === '$') throw new PatternError(`${c} within it`)
    return { kind: 'set', set: single(c.codePointAt(0)!) }
  }

  function group(): PatternNode {
    if (chars[at] === '?') {
      if (chars[at + 1] !== ':') throw new PatternError('a look-around or a named group')
      at += 2
    }
    const body = choice()
    at++
    return body
  }

  function quantified(node: PatternNode): PatternNode {
    let min: number
    let max: number
    const c = at < end ? chars[at] : undefined
    if (c === '*') [min, max] = [0, Infinity]
    else if (c === '+') [min, max] = [1, Infinity]
    else if (c === '?') [min, max] = [0, 1]
    else if (c === '{') [min, max] = counts()
    else return node
    at++
    if (at < end && chars[at] === '?') throw new PatternError('a lazy repetition')
    return { kind: 'repeat', node, min, max }
  }

  /** Leaves `at` on the closing brace. */
  function counts(): [number, number] {
    const close = chars.indexOf('}', at)
    const [min, max] = chars
      .slice(at + 1, close)
      .join('')
      .split(',')
    at = close
    return [Number(min), max === undefined ? Number(min) : max === '' ? Infinity : Number(max)]
  }

  function characterClass(): CharSet {
    const isNegated = chars[at] === '^'
    if (isNegated) at++
    const ranges: (readonly [number, number])[] = []
    while (chars[at] !== ']') {
      const from = classAtom()
      if (chars[at] === '-' && chars[at + 1] !== ']') {
        at++
        ranges.push([from[0]![0], classAtom()[0]![0]])
      } else {
        ranges.push(...from)
      }
    }
    at++
    const set = merge(ranges)
    return isNegated ? complement(set) : set
  }

  function classAtom(): CharSet {
    const c = chars[at++]!
    return c === '\\' ? escape() : single(c.codePointAt(0)!)
  }

  /** `at` is behind the backslash. */
  function escape(): CharSet {
    const c = chars[at++]!
    if (c === 'd') return digits
    if (c === 'D') return complement(digits)
    if (c === 'w') return wordCharacters
    if (c === 'W') return complement(wordCharacters)
    if (c === 's') return whiteSpace
    if (c === 'S') return complement(whiteSpace)
    if (Object.hasOwn(controls, c)) return single(controls[c]!)
    if (c === 'x') return single(hex(2))
    if (c === 'u') return single(chars[at] === '{' ? braced() : hex(4))
    if (/[\^$\\.*+?()[\]{}|/-]/.test(c)) return single(c.codePointAt(0)!)
    throw new PatternError(`the escape \\${c}`)
  }

  function hex(length: number): number {
    const code = Number.parseInt(chars.slice(at, at + length).join(''), 16)
    at += length
    if (code >= 0xd800 && code <= 0xdfff) throw new PatternError('half of a surrogate pair')
    return code
  }

  function braced(): number {
    const close = chars.indexOf('}', at)
    const code = Number.parseInt(chars.slice(at + 1, close).join(''), 16)
    at = close + 1
    return code
  }
}

/** A pattern outside the subset; the message says why. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
}

function single(codePoint: number): CharSet {
  return [[codePoint, codePoint]]
}

function merge(ranges: readonly (readonly [number, number])[]): CharSet {
  const merged: [number, number][] = []
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = merged.at(-1)
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else merged.push([from, to])
  }
  return merged
}

function complement(set: CharSet): CharSet {
  const gaps: [number, number][] = []
  let next = 0
  for (const [from, to] of set) {
    if (from > next) gaps.push([next, from - 1])
    next = to + 1
  }
  if (next <= lastCodePoint) gaps.push([next, lastCodePoint])
  return gaps
}
