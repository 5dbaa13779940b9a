import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { sqlTypeOfDelta, type LakeReader, type QueryResult } from '@sluice/lake'
import { printResult, type Format } from './print-result.ts'

export interface PromptOptions {
  readonly reader: LakeReader
  readonly format: Format
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly output: NodeJS.WritableStream
  /** Lines of earlier prompts, newest first. */
  readonly historyFile: string
  readonly stop: AbortSignal
}

const help = `A query ends with ; and may take several lines. Ctrl-C leaves it, or stops the one that runs.
.tables        the tables, and how many rows they have
.schema TABLE  its columns
.quit          or Ctrl-D
`
const maxHistory = 1000

/**
 * Answers queries and commands line by line until the end of the input. At a terminal it shows a prompt, with history
 * and completion of table names. Returns the exit code: 1 if anything was asked in vain by someone who is no terminal.
 */
export async function runPrompt(options: PromptOptions): Promise<number> {
  const { reader, format, input, output, stop } = options
  const isTerminal = input.isTTY === true
  const tables = await reader.listTables()
  const lines = openLines(options, tables)
  let running: AbortController | null = null
  let sql = ''
  let failed = false
  const ready = (): void => {
    lines.setPrompt(sql === '' ? 'lake> ' : '   -> ')
    if (isTerminal) lines.prompt()
  }
  lines.on('SIGINT', () => {
    if (running !== null) return running.abort(new Error('stopped'))
    sql = ''
    output.write('\n')
    ready()
  })
  stop.addEventListener('abort', () => lines.close())
  if (isTerminal) output.write(`${tables.length} tables; .help tells what to type\n`)
  ready()
  for await (const line of lines) {
    if (sql === '' && line.trim() === '.quit') break
    const asked = sql === '' && line.trim().startsWith('.') ? line.trim() : `${sql}${line}\n`
    const isCommand = asked.startsWith('.')
    sql = isCommand || asked.trim() === '' ? '' : asked
    if (isCommand || /;\s*$/.test(sql)) await answer(asked)
    ready()
  }
  if (sql !== '') await answer(sql)
  lines.close()
  return failed && !isTerminal ? 1 : 0

  async function answer(asked: string): Promise<void> {
    sql = ''
    running = new AbortController()
    try {
      const signal = AbortSignal.any([running.signal, stop])
      output.write(
        asked.startsWith('.') ? await runDot(asked, reader) : printResult(await reader.query(asked, signal), format)
      )
    } catch (error) {
      failed = true
      output.write(`${(error as Error).message}\n`)
    } finally {
      running = null
    }
  }
}

function openLines({ input, output, historyFile }: PromptOptions, tables: readonly string[]): Interface {
  const isTerminal = input.isTTY === true
  const lines = createInterface({
    input,
    ...(isTerminal && { output, history: readHistory(historyFile) }),
    terminal: isTerminal,
    historySize: maxHistory,
    removeHistoryDuplicates: true,
    completer: (line: string) => {
      const word = /[.\w]*$/.exec(line)?.[0] ?? ''
      return [['.tables', '.schema', '.quit', ...tables].filter((name) => name.startsWith(word)), word]
    }
  })
  lines.on('history', (history) => {
    mkdirSync(dirname(historyFile), { recursive: true })
    writeFileSync(historyFile, history.map((line) => `${line}\n`).join(''))
  })
  return lines
}

function readHistory(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean)
  } catch {
    return []
  }
}

async function runDot(line: string, reader: LakeReader): Promise<string> {
  const [command, table, ...more] = line.replace(/;$/, '').split(/\s+/)
  if (command === '.help' && table === undefined) return help
  if (command === '.tables' && table === undefined) return printResult(await listTables(reader), 'table')
  if (command === '.schema' && table !== undefined && more.length === 0)
    return printResult(await columnsOf(reader, table), 'table')
  return `expected .tables, .schema TABLE, .help or .quit, found ${line}\n`
}

async function listTables(reader: LakeReader): Promise<QueryResult> {
  const rows: [string, number][] = []
  for (const table of await reader.listTables()) rows.push([table, await reader.countRows(table)])
  return { columns: [text('table'), { name: 'rows', type: 'BIGINT' }], rows }
}

async function columnsOf(reader: LakeReader, table: string): Promise<QueryResult> {
  const snapshot = await reader.readSnapshot(table)
  if (snapshot === null)
    throw new Error(`there is no table ${table}; there are ${(await reader.listTables()).join(', ') || 'none'}`)
  const rows = snapshot.schema.fields.map(({ name, type, nullable }) => [
    name,
    sqlTypeOfDelta(type),
    nullable ? 'may be null' : ''
  ])
  return { columns: [text('column'), text('type'), text('')], rows }
}

function text(name: string): { name: string; type: string } {
  return { name, type: 'VARCHAR' }
}
