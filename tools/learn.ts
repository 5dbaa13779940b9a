// npm run learn: does what a reader of docs/learn/ does, and holds what is seen against the page.
//   npm run learn -- 01 04    some of the chapters
//   Each runs in a copy of the repository, with the reader's own PATH; has to leave it as it was; and may take 90 s.
import { globSync, readFileSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { findCommand, installSystemPackage, pythonTools } from '@sluice/testkit'
import { commandLine, orUsage } from './command-line.ts'
import { readChapter, type Chapter } from './learn/read-chapter.ts'
import { runChapter } from './learn/run-chapter.ts'
import { stopPlatforms } from './learn/stop-platforms.ts'
import { makeCopy, type Copy } from './mutants/copy.ts'

const root = dirname(import.meta.dirname)
type Environment = Readonly<Record<string, string | undefined>>

/** A block of a chapter on a loaded machine. */
const timeoutMs = 120_000
/** What docs/learn/README.md says of a chapter on a quiet machine, and what one that is not alone is given. */
const promisedMs = 60_000
const longestMs = 90_000

async function main(): Promise<boolean> {
  const { positionals } = commandLine(import.meta.filename, { allowPositionals: true })
  const chapters = orUsage(() => choose(positionals))
  await installTools()
  const { python } = await pythonTools(say)
  using copy = makeCopy(root)
  // What a chapter starts would outlive us. Told more than once, because npm tells it more than once.
  const ending = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort())
  const red: string[] = []
  const slow: string[] = []
  for (const chapter of chapters) {
    const from = performance.now()
    const isGreen = await runOne(chapter, copy, readersEnvironment(dirname(python)), ending.signal)
    if (ending.signal.aborted) return false
    if (!isGreen) red.push(chapter.number)
    if (performance.now() - from > promisedMs) slow.push(chapter.number)
    say(`${isGreen ? 'green' : 'RED'} ${chapter.number} ${chapter.title} after ${secondsSince(from)} s`)
  }
  if (slow.length > 0) say(`more than ${promisedMs / 1000} s: ${slow.join(', ')}`)
  say(red.length === 0 ? `all of ${chapters.length} green` : `red: ${red.join(', ')}`)
  return red.length === 0
}

function choose(numbers: readonly string[]): readonly Chapter[] {
  const all = globSync('docs/learn/[0-9][0-9]-*.md', { cwd: root })
    .toSorted()
    .map((file) => readChapter(file, readFileSync(join(root, file), 'utf8')))
  const unknown = numbers.filter((number) => all.every((chapter) => chapter.number !== number))
  if (unknown.length > 0) {
    throw new Error(`no chapter ${unknown.join(', ')}; there are ${all.map(({ number }) => number).join(', ')}`)
  }
  return numbers.length === 0 ? all : all.filter(({ number }) => numbers.includes(number))
}

async function runOne(chapter: Chapter, copy: Copy, env: Environment, signal: AbortSignal): Promise<boolean> {
  const from = performance.now()
  try {
    await runChapter(chapter, {
      dir: copy.dir,
      env,
      signal,
      timeoutMs,
      longestMs,
      onStep: (title) => say(`${chapter.number} ${title}  (at ${secondsSince(from)} s)`)
    })
    const left = await stopPlatforms(join(copy.dir, '.sluice'))
    if (left.length > 0) throw new Error(`chapter ${chapter.number} leaves a platform running: ${left.join(', ')}`)
    return true
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return false
  } finally {
    await stopPlatforms(join(copy.dir, '.sluice'))
    copy.restore()
  }
}

/** What the chapters ask of their reader, where it is missing. */
async function installTools(): Promise<void> {
  for (const [command, packages] of [
    ['jq', ['jq']],
    ['curl', ['curl']],
    ['kcat', ['kcat', 'kafkacat']],
    ['redis-cli', ['redis-tools']]
  ] as const) {
    if (findCommand(command) === null) await installSystemPackage(command, packages, say)
  }
}

/** Ours without what npm and the bootstrap have put into it: a reader has his own Node, and a Python with delta-rs. */
function readersEnvironment(python: string): Environment {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|SLUICE_|NODE_)/i.test(name))
  const path = (process.env['PATH'] ?? '').split(delimiter)
  const theirs = path.filter((folder) => !folder.startsWith(root) && !folder.includes('node_modules'))
  return { ...Object.fromEntries(own), PATH: [python, ...theirs].join(delimiter) }
}

function secondsSince(from: number): string {
  return ((performance.now() - from) / 1000).toFixed(0)
}

function say(line: string): void {
  process.stderr.write(`${basename(import.meta.filename, '.ts')}: ${line}\n`)
}

if (import.meta.main) process.exitCode = (await main()) ? 0 : 1
