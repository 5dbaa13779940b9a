/**
 * JSON with line breaks and indents. Only white space between tokens changes: numbers and texts stay as they were
 * written, since reading them would change some.
 */
export function prettyJson(text: string): string {
  const out: string[] = []
  let depth = 0
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    const last = out.at(-1)
    if (token === '}' || token === ']') {
      depth = Math.max(0, depth - 1)
      if (last !== '{' && last !== '[') out.push(`\n${'  '.repeat(depth)}`)
      out.push(token)
      continue
    }
    if (last === '{' || last === '[') out.push(`\n${'  '.repeat(depth)}`)
    if (token === ',') out.push(`,\n${'  '.repeat(depth)}`)
    else out.push(token === ':' ? ': ' : token)
    if (token === '{' || token === '[') depth++
  }
  return out.join('')
}
