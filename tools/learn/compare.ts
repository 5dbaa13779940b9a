/**
 * Where something printed differs from what a chapter says, in words; null if nowhere. `…` stands for anything within
 * a line, a line of `…` alone for any lines or none.
 */
export function differs(printed: string, expected: string): string | null {
  const found = linesOf(printed)
  const wanted = linesOf(expected)
  const last = furthest(found, wanted)
  if (last === null) return null
  const { line, at } = last
  const where = wanted[line] === undefined ? 'no more lines' : `line ${line + 1}: ${wanted[line]}`
  return `expected ${where}\nfound ${found[at] === undefined ? 'no more lines' : `line ${at + 1}: ${visible(found[at])}`}`
}

/** With what a terminal does not show spelled out. */
function visible(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1))
}

function linesOf(text: string): string[] {
  const trimmed = text.trim()
  return trimmed === '' ? [] : trimmed.split('\n').map((line) => line.trimEnd())
}

/** How far the lines can be brought together; null: to their ends. */
function furthest(found: readonly string[], wanted: readonly string[]): { line: number; at: number } | null {
  // All numbers of lines found that the lines wanted up to here can have used.
  let used = new Set([0])
  for (const [line, text] of wanted.entries()) {
    const next = new Set<number>()
    for (const at of used) {
      if (text.trim() === '…') for (let to = at; to <= found.length; to += 1) next.add(to)
      else if (at < found.length && isLine(found[at] ?? '', text)) next.add(at + 1)
    }
    if (next.size === 0) return { line, at: Math.max(...used) }
    used = next
  }
  return used.has(found.length) ? null : { line: wanted.length, at: Math.max(...used) }
}

function isLine(found: string, wanted: string): boolean {
  const pattern = wanted
    .split('…')
    .map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`))
    .join('.*')
  return new RegExp(`^${pattern}$`).test(found)
}
