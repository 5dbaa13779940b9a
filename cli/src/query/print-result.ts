import type { QueryResult } from '@sluice/lake'

export type Format = 'table' | 'json' | 'csv'

/** What a query answered, as text that ends with a line. */
export function printResult(result: QueryResult, format: Format): string {
  if (format === 'json') return printJson(result)
  return format === 'csv' ? printCsv(result) : printTable(result)
}

const maxCell = 80
const numbers = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)/

/** Columns side by side, numbers to the right; a long value is cut, and no control character reaches the terminal. */
function printTable({ columns, rows }: QueryResult): string {
  const cells = rows.map((row) => row.map((value) => cut(visible(textOf(value) ?? 'null'))))
  const names = columns.map(({ name }) => visible(name))
  const widths = names.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i]!.length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (numbers.test(columns[i]!.type) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  const count = `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`
  return `${[line(names), rule, ...cells.map(line), count].join('\n')}\n`
}

function printJson({ columns, rows }: QueryResult): string {
  const names = uniqueNames(columns.map(({ name }) => name))
  const lines = rows.map((row) => JSON.stringify(Object.fromEntries(row.map((value, i) => [names[i], value]))))
  return lines.length === 0 ? '[]\n' : `[\n${lines.join(',\n')}\n]\n`
}

/** RFC 4180, lines ended by CRLF; null is an empty field, an empty text is "". */
function printCsv({ columns, rows }: QueryResult): string {
  const lines = [columns.map(({ name }) => quote(name)), ...rows.map((row) => row.map((value) => quote(textOf(value))))]
  return lines.map((fields) => `${fields.join(',')}\r\n`).join('')
}

function quote(text: string | null): string {
  if (text === null) return ''
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function visible(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (c) =>
    JSON.stringify(c)
      .slice(1, -1)
      .replace(/^[\x7f-\x9f]$/, '\u{fffd}')
  )
}

function cut(text: string): string {
  return text.length <= maxCell ? text : `${text.slice(0, maxCell - 1).toWellFormed()}…`
}

/** `n, n` becomes `n, n_1`: an object has each name once. */
function uniqueNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    let unique = name
    for (let i = 1; taken.has(unique); i++) unique = `${name}_${i}`
    taken.add(unique)
    return unique
  })
}
