import { readFileSync } from 'node:fs'

export interface Block {
  /** The client: what stands in bold before it. */
  readonly name: string
  readonly language: 'sh' | 'python' | 'js'
  readonly code: string
  /** What it must print, `…` standing for anything. */
  readonly expected: string
}

export interface Page {
  /** The first block: variables for all others. */
  readonly setup: string
  readonly blocks: readonly Block[]
}

/** The blocks of a page that a reader could paste, each with what the page says that it prints. */
export function readBlocks(path: string): Page {
  const text = readFileSync(path, 'utf8')
  const found = [...text.matchAll(/^```(sh|python|js)\n([\s\S]*?)^```$(?:\n\n^```text\n([\s\S]*?)^```$)?/gm)]
  const [setup, ...rest] = found
  if (setup?.[2] === undefined || setup[3] !== undefined) throw new Error(`${path}: expected variables first`)
  const blocks = rest.map(({ 1: language, 2: code, 3: expected, index }) => {
    const [, name] = [...text.slice(0, index).matchAll(/^\*\*(.+?)\*\*/gm)].at(-1) ?? []
    if (name === undefined || code === undefined || expected === undefined) {
      throw new Error(`${path}: expected a bold name before and a \`text\` block after each block, found\n${code}`)
    }
    return { name: name.replace(/\.$/, ''), language: language as Block['language'], code, expected }
  })
  return { setup: setup[2], blocks }
}

/** Whether something printed is what the page says. */
export function isAsExpected(printed: string, expected: string): boolean {
  const pattern = expected
    .trim()
    .split('…')
    .map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('[\\s\\S]*?')
  return new RegExp(`^${pattern}$`).test(printed.trim())
}
