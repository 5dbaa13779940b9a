import type { Sql } from './duck.ts'
import { sqlName } from './sql-types.ts'
import type { LakeColumn, LakeType } from './types.ts'

/** Rows and statistics of one event date. */
export interface DateStatistics {
  readonly eventDate: string
  readonly rows: number
  /** JSON as the Delta protocol wants it (PROTOCOL.md, "Per-file Statistics"). */
  readonly stats: string
}

/** Longest text in a statistic, in characters; the same as Spark's. */
const maxTextLength = 32

/**
 * Statistics of a staged table for each of its event dates. Bounds are never tighter than the values: timestamps are
 * rounded outward to milliseconds, texts cut outward, and a column with a NaN or an infinity has no bounds at all.
 * Lists have none, booleans and bytes only a count of nulls.
 */
export async function statisticsByDate(
  db: Sql,
  table: string,
  columns: readonly LakeColumn[],
  partitionColumn: string
): Promise<DateStatistics[]> {
  const leaves = columns.filter(({ name }) => name !== partitionColumn).flatMap((column) => leavesOf(column, []))
  const selected = leaves.flatMap((leaf, i) => measures(leaf, i))
  const rows = await db.rows(
    `SELECT CAST(${sqlName(partitionColumn)} AS VARCHAR) AS date, CAST(count(*) AS VARCHAR) AS rows, ${selected.join(', ')}
     FROM ${table} GROUP BY ${sqlName(partitionColumn)} ORDER BY 1`
  )
  return rows.map((row) => {
    const texts = row as Record<string, string | null>
    const count = Number(texts['rows'])
    return { eventDate: texts['date'] ?? '', rows: count, stats: statsOf(leaves, texts, count) }
  })
}

interface Leaf {
  readonly path: readonly string[]
  readonly kind: Exclude<LakeType['kind'], 'list' | 'struct'>
}

function leavesOf(column: LakeColumn, above: readonly string[]): Leaf[] {
  const path = [...above, column.name]
  if (column.type.kind === 'list') return []
  if (column.type.kind === 'struct') return column.type.fields.flatMap((field) => leavesOf(field, path))
  return [{ path, kind: column.type.kind }]
}

function measures({ path, kind }: Leaf, i: number): string[] {
  const value = sqlName(...path)
  const count = `CAST(count(${value}) AS VARCHAR) AS n${i}`
  if (kind === 'boolean' || kind === 'binary') return [count]
  const plain = kind === 'timestamp' ? (x: string) => `epoch_us(${x})` : (x: string) => x
  const bounds = [`min(${value})`, `max(${value})`].map(plain)
  const isBounded = kind === 'double' ? `bool_and(isfinite(${value}))` : 'true'
  return [
    count,
    ...bounds.map((bound, b) => `CASE WHEN ${isBounded} THEN CAST(${bound} AS VARCHAR) END AS ${'lh'[b]}${i}`)
  ]
}

/** The JSON, by hand: 64-bit integers are beyond JSON.stringify. */
function statsOf(leaves: readonly Leaf[], row: Readonly<Record<string, string | null>>, rows: number): string {
  const low = new Tree()
  const high = new Tree()
  const nulls = new Tree()
  leaves.forEach(({ path, kind }, i) => {
    nulls.put(path, String(rows - Number(row[`n${i}`])))
    low.put(path, literal(kind, row[`l${i}`] ?? null, 'low'))
    high.put(path, literal(kind, row[`h${i}`] ?? null, 'high'))
  })
  return `{"numRecords":${rows},"minValues":${low.json()},"maxValues":${high.json()},"nullCount":${nulls.json()}}`
}

function literal(kind: Leaf['kind'], text: string | null, side: 'low' | 'high'): string | null {
  if (text === null) return null
  if (kind === 'integer' || kind === 'long') return text
  if (kind === 'double') return JSON.stringify(Number(text))
  if (kind === 'timestamp') return roundTime(BigInt(text), side)
  if (kind === 'date') return JSON.stringify(text)
  return side === 'low' ? JSON.stringify(Array.from(text).slice(0, maxTextLength).join('')) : cutUp(text)
}

/** Microseconds since the epoch as text in milliseconds, rounded outward; null where that leaves the year 9999. */
export function roundTime(micros: bigint, side: 'low' | 'high'): string | null {
  const floor = micros / 1000n - (micros % 1000n < 0n ? 1n : 0n)
  const millis = Number(side === 'high' && floor * 1000n !== micros ? floor + 1n : floor)
  const text = new Date(millis).toISOString()
  return text.length === 24 ? JSON.stringify(text) : null
}

/** The shortest text of at most 32 characters that is not below the given one, in the order of UTF-8 bytes; null: none. */
export function cutUp(text: string): string | null {
  const characters = Array.from(text)
  if (characters.length <= maxTextLength) return JSON.stringify(text)
  const kept = characters.slice(0, maxTextLength)
  for (let last = kept.pop(); last !== undefined; last = kept.pop()) {
    const next = last.codePointAt(0)! + 1
    if (next > 0x10ffff) continue
    // Surrogates are no characters: the next one after U+D7FF is U+E000.
    return JSON.stringify(kept.join('') + String.fromCodePoint(next === 0xd800 ? 0xe000 : next))
  }
  return null
}

/** Nested JSON objects, built from paths. */
class Tree {
  private readonly children = new Map<string, Tree | string>()

  put(path: readonly string[], json: string | null): void {
    const [first, ...rest] = path
    if (first === undefined || json === null) return
    if (rest.length === 0) {
      this.children.set(first, json)
      return
    }
    const child = this.children.get(first)
    const tree = child instanceof Tree ? child : new Tree()
    this.children.set(first, tree)
    tree.put(rest, json)
  }

  json(): string {
    const entries = [...this.children].map(
      ([name, child]) => `${JSON.stringify(name)}:${typeof child === 'string' ? child : child.json()}`
    )
    return `{${entries.join(',')}}`
  }
}
