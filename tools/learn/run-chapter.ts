import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { differs } from './compare.ts'
import { openShell, type Shell } from './open-shell.ts'
import type { Block, Chapter, ShellBlock } from './read-chapter.ts'

export interface RunOptions {
  /** A copy of the repository, in which the reader works. */
  readonly dir: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** How long a block may take, and how long it may be repeated. */
  readonly timeoutMs: number
  /** How long the chapter may take as a whole; asked at its end. */
  readonly longestMs: number
  /** Ends it in the middle: it throws once nothing of it runs any more. */
  readonly signal?: AbortSignal
  /** Told of each step before it begins. */
  readonly onStep: (title: string) => void
}

/**
 * Does what a reader of the chapter does; throws at the first block that goes another way, and when it took too long or
 * the repository is not as it was.
 */
export async function runChapter(chapter: Chapter, options: RunOptions): Promise<void> {
  const from = performance.now()
  const before = stateOf(options.dir)
  await using shell = openShell(options)
  for (const { title, blocks } of chapter.steps) {
    options.signal?.throwIfAborted()
    options.onStep(title)
    for (const block of blocks) {
      try {
        await runBlock(block, shell, options)
      } catch (error) {
        const where = `chapter ${chapter.number}, step “${title}”, block at line ${block.line}`
        throw new Error(`${where}:\n${block.code}${(error as Error).message}`, { cause: error })
      }
    }
  }
  const { number } = chapter
  const after = stateOf(options.dir)
  if (after !== before)
    throw new Error(`chapter ${number}: expected the repository as it was\n${before}found\n${after}`)
  const tookMs = performance.now() - from
  const { longestMs } = options
  if (tookMs > longestMs) {
    throw new Error(`chapter ${number}: expected at most ${seconds(longestMs)} s, it took ${seconds(tookMs)} s`)
  }
}

/** Branch, commits, and each file that is not as it was committed. */
function stateOf(dir: string): string {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: dir, encoding: 'utf8' })
  return git('for-each-ref') + git('status', '--porcelain', '--branch', '--untracked-files=all')
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(0)
}

async function runBlock(block: Block, shell: Shell, options: RunOptions): Promise<void> {
  switch (block.kind) {
    case 'sh':
      return runShellBlock(block, shell, options.timeoutMs)
    case 'file': {
      const path = join(await folderOf(shell), block.path)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, block.code)
      return
    }
    case 'diff': {
      const { code, printed } = await shell.run(`git apply --recount - <<'EOF'\n${block.code}EOF\n`, options.timeoutMs)
      if (code !== 0) throw new Error(`the edit does not fit:\n${printed}`)
    }
  }
}

/** Where the reader is: a chapter may have changed the folder. */
async function folderOf(shell: Shell): Promise<string> {
  return (await shell.run('pwd', 10_000)).printed.trim()
}

async function runShellBlock(block: ShellBlock, shell: Shell, timeoutMs: number): Promise<void> {
  const until = performance.now() + timeoutMs
  for (;;) {
    const problem = judge(block, await shell.run(block.code, timeoutMs))
    if (problem === null) return
    if (!block.again || performance.now() > until) throw new Error(problem)
    await sleep(500)
  }
}

function judge(
  { exit, expected }: ShellBlock,
  { code, failed, printed }: Awaited<ReturnType<Shell['run']>>
): string | null {
  const seen = printed.trim() === '' ? 'it printed nothing' : `it printed\n${printed.trimEnd()}`
  if (code !== exit) return `expected exit code ${exit}, found ${code}; ${seen}`
  if (exit === 0 && failed !== 0) return `a command within it ended with ${failed}; ${seen}`
  const difference = expected === null ? null : differs(printed, expected)
  return difference === null ? null : `${difference}\n${seen}`
}
