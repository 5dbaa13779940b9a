import type { AddFile } from './delta-action.ts'
import { sqlTypeOfDelta, type DeltaSchema } from './delta-schema.ts'
import type { Sql } from './duck.ts'
import { sqlName } from './sql-types.ts'
import { partitionColumn } from './tables.ts'

/** What one scan of a table wants of a column of dates or times: moments in milliseconds, both ends included. */
type Ranges = ReadonlyMap<string, { readonly min: number; readonly max: number }>

/** By lower-case table, one for each scan of it. */
export type Scans = ReadonlyMap<string, readonly Ranges[]>

/** The files that can hold rows which a query wants, by the log alone: all where nothing is known of its scans. */
export function pruneFiles(table: string, files: readonly AddFile[], scans: Scans | null): readonly AddFile[] {
  const wanted = scans?.get(table.toLowerCase())
  return wanted === undefined ? files : files.filter((file) => wanted.some((ranges) => mayHold(file, ranges)))
}

/**
 * Has DuckDB plan a query over tables without rows, and reads off what it would push down into each scan. Throws what
 * DuckDB says of a query that it cannot plan. Null: the plan may not be the one that the real rows get.
 */
export async function planScans(
  db: Sql,
  sql: string,
  tables: ReadonlyMap<string, { readonly schema: DeltaSchema }>
): Promise<Scans | null> {
  // What an optimizer concludes from there being no rows does not hold for the real ones.
  await db.run("SET disabled_optimizers = 'statistics_propagation,empty_result_pullup'")
  try {
    for (const [name, { schema }] of tables) {
      const columns = schema.fields.map((field) => `${sqlName(field.name)} ${sqlTypeOfDelta(field.type)}`)
      await db.run(`CREATE TEMP TABLE ${sqlName(name)} (${columns.join(', ')})`)
    }
    const { rows } = await db.table(`EXPLAIN (FORMAT json) ${sql}`)
    return scansOf(JSON.parse(String(rows[0]?.[1])) as PlanNode[])
  } finally {
    for (const name of tables.keys()) await db.run(`DROP TABLE IF EXISTS ${sqlName(name)}`)
    await db.run('RESET disabled_optimizers')
  }
}

interface PlanNode {
  readonly name: string
  readonly extra_info?: { readonly Table?: string; readonly Filters?: string | readonly string[] }
  readonly children?: readonly PlanNode[]
}

function scansOf(plan: readonly PlanNode[]): Scans | null {
  const scans = new Map<string, Ranges[]>()
  const waiting = [...plan]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.name.includes('EMPTY')) return null
    waiting.push(...(node.children ?? []))
    const table = node.extra_info?.Table?.split('.').at(-1)?.replaceAll('"', '').toLowerCase()
    if (table === undefined) continue
    const ranges = rangesOf([node.extra_info?.Filters ?? []].flat())
    scans.set(table, [...(scans.get(table) ?? []), ranges])
  }
  return scans
}

const comparison = `(>=|<=|=|>|<)'([0-9][0-9 :.+-]*)'::(DATE|TIMESTAMP WITH TIME ZONE)`
const oneComparison = new RegExp(comparison, 'g')
const allComparisons = new RegExp(`^([a-z_]+)${comparison}(?: AND \\1${comparison})*$`)

/** `event_date>='2013-09-01'::DATE AND event_date<'2013-10-01'::DATE`; other filters say nothing here. */
function rangesOf(filters: readonly string[]): Ranges {
  const ranges = new Map<string, { min: number; max: number }>()
  for (const filter of filters) {
    const column = allComparisons.exec(filter)?.[1]
    if (column === undefined) continue
    const range = { min: -Infinity, max: Infinity }
    for (const [, operator, text, type] of filter.matchAll(oneComparison)) {
      const moment = momentOf(text)
      if (Number.isNaN(moment)) continue
      // A time may have microseconds that a moment has not: only a date is left out itself.
      const beyond = type === 'DATE' ? 1 : 0
      if (operator === '=' || operator === '>=') range.min = Math.max(range.min, moment)
      if (operator === '=' || operator === '<=') range.max = Math.min(range.max, moment)
      if (operator === '>') range.min = Math.max(range.min, moment + beyond)
      if (operator === '<') range.max = Math.min(range.max, moment - beyond)
    }
    ranges.set(column, range)
  }
  return ranges
}

function mayHold({ partitionValues, stats }: AddFile, ranges: Ranges): boolean {
  for (const [column, { min, max }] of ranges) {
    const { minValues, maxValues } = JSON.parse(stats ?? '{}') as Stats
    const day = column === partitionColumn ? partitionValues[column] : undefined
    const least = momentOf(day ?? minValues?.[column])
    const most = momentOf(day ?? maxValues?.[column]) + (day === undefined ? 1 : 0)
    // What is no time (NaN) is neither above nor below.
    if (most < min || least > max) return false
  }
  return true
}

interface Stats {
  readonly minValues?: Readonly<Record<string, unknown>>
  readonly maxValues?: Readonly<Record<string, unknown>>
}

/** Milliseconds of `2013-09-01`, `2013-09-01 12:00:00.5+00` or RFC 3339; NaN for anything else. */
function momentOf(text: unknown): number {
  return typeof text === 'string' ? Date.parse(text.replace(' ', 'T').replace(/\+00$/, 'Z')) : NaN
}
