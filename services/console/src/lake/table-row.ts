import type { CommitRow, TableRow } from '../wire/storage.ts'
import { statsOf } from './file-stats.ts'
import type { LakeFile, TableLog } from './table-log.ts'

const firstSizePower = 10
const sizePowers = 21
const shownCommits = 20

/** One table as the page shows it. */
export function rowOf(table: TableLog, nowMs: number): Omit<TableRow, 'waitingMs'> {
  const { name, title, version, commits, columns, problem } = table
  const isThere = version !== null && version >= 0
  const files = [...table.files.values()]
  const sizes = files.map(({ add }) => add.size).toSorted((a, b) => a - b)
  const data = commits.filter(({ files: n }) => n > 0)
  const recent = commits.filter(({ atMs }) => atMs > nowMs - 600_000)
  const spanMs = Math.min(600_000, nowMs - (commits[0]?.atMs ?? nowMs))
  return {
    name,
    title,
    version,
    rows: isThere ? files.reduce((sum, { rows }) => sum + rows, 0) : null,
    files: isThere ? files.length : null,
    bytes: isThere ? sizes.reduce((a, b) => a + b, 0) : null,
    medianBytes: sizes[Math.floor(sizes.length / 2)] ?? null,
    smallTenthBytes: sizes[Math.floor(sizes.length / 10)] ?? null,
    lastCommitMs: data.at(-1)?.atMs ?? commits.at(-1)?.atMs ?? null,
    commitsPerMinute: spanMs < 60_000 ? null : (recent.length * 60_000) / spanMs,
    newestEvent: newestOf(files),
    histogram: Array.from({ length: sizePowers }, (_, i) => sizes.filter((size) => powerOf(size) === i).length),
    commits: commits.slice(-shownCommits).toReversed().map(shownCommit),
    days: daysOf(files),
    columns,
    problem
  }
}

function shownCommit({ version, atMs, rows, bytes, files, tookMs, conflicts }: CommitRow): CommitRow {
  return { version, atMs, rows, bytes, files, tookMs, conflicts }
}

function powerOf(size: number): number {
  return Math.min(sizePowers - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, size))) - firstSizePower))
}

function daysOf(files: readonly LakeFile[]): TableRow['days'] {
  const byDay = Map.groupBy(files, ({ add }) => add.partitionValues['event_date'] ?? '')
  return [...byDay]
    .map(([day, some]) => ({
      day,
      rows: some.reduce((sum, { rows }) => sum + rows, 0),
      files: some.length,
      bytes: some.reduce((sum, { add }) => sum + add.size, 0)
    }))
    .toSorted((a, b) => (a.day < b.day ? 1 : -1))
    .slice(0, 60)
}

function newestOf(files: readonly LakeFile[]): string | null {
  const texts = files
    .map(({ add }) => statsOf(add).maxValues?.['event_time'])
    .filter((value) => typeof value === 'string')
  return texts.toSorted().at(-1) ?? null
}
