/** What the runner does with a block. */
export type Block = ShellBlock | EditBlock | FileBlock

interface BlockBase {
  /** Where it begins in the chapter, from 1. */
  readonly line: number
  readonly code: string
}

export interface ShellBlock extends BlockBase {
  readonly kind: 'sh'
  /** What it prints, `…` standing for anything within a line, a line of it alone for any lines; null: not said. */
  readonly expected: string | null
  /** With which code its last command ends. */
  readonly exit: number
  /** Whether a reader repeats it until he sees that. */
  readonly again: boolean
}

/** A unified diff of files of the repository. */
export interface EditBlock extends BlockBase {
  readonly kind: 'diff'
}

/** The whole text of one file. */
export interface FileBlock extends BlockBase {
  readonly kind: 'file'
  readonly path: string
}

export interface Step {
  /** `Start`, `3. Follow it`, `Put it away`. */
  readonly title: string
  readonly blocks: readonly Block[]
}

export interface Chapter {
  /** `01`: the beginning of its file's name. */
  readonly number: string
  readonly title: string
  readonly promise: string
  readonly minutes: number
  readonly steps: readonly Step[]
}

/** Reads a chapter; throws everything that is not as docs/learn/README.md wants it, each problem with its line. */
export function readChapter(file: string, text: string): Chapter {
  const lines = text.split('\n')
  const problems: string[] = []
  const steps: { title: string; blocks: Block[] }[] = []
  let promise = ''
  let minutes = 0
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    const fence = /^```(.*)$/.exec(line)
    if (fence !== null) {
      const end = lines.indexOf('```', at + 1)
      if (end === -1) throw new Error(`${file}:${at + 1}: a block that does not end`)
      const block = readBlock(fence[1] ?? '', lines, at, end)
      const step = steps.at(-1)
      if (typeof block === 'string') problems.push(`${file}:${at + 1}: ${block}`)
      else if (step === undefined) problems.push(`${file}:${at + 1}: a block before the first heading`)
      else step.blocks.push(block)
      at = endOf(lines, end)
      continue
    }
    if (/^\s*(~~~|```)/.test(line))
      problems.push(`${file}:${at + 1}: expected a fence of \`\`\` at the start of a line`)
    const heading = /^## (.+)$/.exec(line)
    if (heading !== null) steps.push({ title: heading[1] ?? '', blocks: [] })
    promise ||= /^\*\*Promise\.\*\* (.+)$/.exec(line)?.[1] ?? ''
    minutes ||= Number(/^\*\*Time\.\*\* (\d+) minutes/.exec(line)?.[1] ?? 0)
  }
  const [, number = '', title = ''] = /^# (\d\d) (.+)$/.exec(lines[0] ?? '') ?? []
  const chapter = { number, title, promise, minutes, steps }
  problems.push(...missingParts(chapter).map((problem) => `${file}: ${problem}`))
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return chapter
}

/** A block by the words behind its backticks, or what is wrong with it. */
function readBlock(info: string, lines: readonly string[], at: number, end: number): Block | string {
  const [language = '', ...words] = info.trim().split(/\s+/)
  const code = lines.slice(at + 1, end).join('\n')
  const base = { line: at + 1, code: `${code}\n` }
  const path = words.find((word) => word.startsWith('file='))?.slice(5)
  if (path !== undefined) {
    const before = lines.slice(0, at).findLast((line) => line.trim() !== '') ?? ''
    if (!before.includes(`\`${path}\``)) return `the line before a file has to name it for the reader: \`${path}\``
    return { ...base, kind: 'file', path }
  }
  if (language === 'diff') return { ...base, kind: 'diff' }
  if (language !== 'sh') return `expected sh, diff, file=<path>, or text after sh; found ${language || 'a bare block'}`
  const unknown = words.find((word) => !/^(again|exit=\d+)$/.test(word))
  if (unknown !== undefined) return `expected again or exit=<code> behind sh, found ${unknown}`
  const exit = Number(words.find((word) => word.startsWith('exit='))?.slice(5) ?? 0)
  const expected = expectedAfter(lines, end)
  if (words.includes('again') && expected === null) return 'again needs a text block that says until when'
  return { ...base, kind: 'sh', expected, exit, again: words.includes('again') }
}

/** The `text` block that follows, at most one line of words between. */
function expectedAfter(lines: readonly string[], end: number): string | null {
  const at = expectedAt(lines, end)
  return at === null ? null : lines.slice(at + 1, lines.indexOf('```', at + 1)).join('\n')
}

function expectedAt(lines: readonly string[], end: number): number | null {
  const [first, second] = lines
    .map((line, index) => ({ line, index }))
    .slice(end + 1)
    .filter(({ line }) => line.trim() !== '')
  if (first?.line === '```text') return first.index
  const isLeadIn = first !== undefined && !/^(#|```|<)/.test(first.line) && first.line.endsWith(':')
  return isLeadIn && second?.line === '```text' ? second.index : null
}

function endOf(lines: readonly string[], end: number): number {
  const at = expectedAt(lines, end)
  return at === null ? end : lines.indexOf('```', at + 1)
}

function missingParts({ number, promise, minutes, steps }: Chapter): string[] {
  const has = (pattern: RegExp): boolean => steps.some(({ title }) => pattern.test(title))
  const numbered = steps.filter(({ title }) => /^\d+\. /.test(title))
  const expected: readonly (readonly [boolean, string])[] = [
    [number !== '', 'a first line like `# 01 An event’s journey`'],
    [promise !== '', '`**Promise.** …`'],
    [minutes > 0, '`**Time.** N minutes`'],
    [steps.some(({ title, blocks }) => title === 'Start' && blocks.length > 0), 'a section `## Start` with a block'],
    [numbered.length >= 5 && numbered.length <= 9, `five to nine steps \`## N. …\`, found ${numbered.length}`],
    [numbered.every(({ title }, index) => title.startsWith(`${index + 1}. `)), 'steps numbered from 1'],
    [numbered.every(({ blocks }) => blocks.length > 0), 'something to do in each step'],
    [has(/^\d+\. Break it/), 'a step `## N. Break it: …`'],
    [has(/^You now know$/), 'a section `## You now know`']
  ]
  return expected.flatMap(([isThere, what]) => (isThere ? [] : [`expected ${what}`]))
}
