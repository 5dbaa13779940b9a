import type { CharSet } from '../parse-pattern.ts'

/** What a text of an event may hold: no NUL, no half of a surrogate pair (`parseJsonStrict`). */
export const anyCharacter: CharSet = [
  [0x01, 0xd7ff],
  [0xe000, 0x10ffff]
]

export function single(character: string): CharSet {
  const code = character.codePointAt(0)!
  return [[code, code]]
}

export function intersect(a: CharSet, b: CharSet): CharSet {
  const both: [number, number][] = []
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const from = Math.max(a[i]![0], b[j]![0])
    const to = Math.min(a[i]![1], b[j]![1])
    if (from <= to) both.push([from, to])
    if (a[i]![1] < b[j]![1]) i++
    else j++
  }
  return both
}

/** What `a` has and `b` has not. */
export function subtract(a: CharSet, b: CharSet): CharSet {
  const gaps: [number, number][] = []
  let next = 0
  for (const [from, to] of b) {
    if (from > next) gaps.push([next, from - 1])
    next = to + 1
  }
  gaps.push([next, 0x10ffff])
  return intersect(a, gaps)
}

/** One character of a set that is not empty, one that can be read if there is any. */
export function pick(set: CharSet): string {
  const readable =
    set.find(([from, to]) => to >= 0x30 && from <= 0x7a) ?? set.find(([from, to]) => to >= 0x20 && from <= 0x7e)
  const [from, to] = readable ?? set[0]!
  const wanted = [0x61, 0x41, 0x30, 0x20].find((code) => from <= code && code <= to)
  return String.fromCodePoint(wanted ?? (readable === undefined ? from : Math.max(from, 0x20)))
}
