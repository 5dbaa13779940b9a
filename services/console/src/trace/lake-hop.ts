import { blank, type HopDraft } from './hop.ts'
import type { TraceDeps } from './trace-event.ts'

interface Place {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}

/** Whether a record is in a table, in which version and file; else when it may be expected there. */
export function lakeHop(
  { lake, now, flushMs, incarnation: incarnationOf }: TraceDeps,
  table: string,
  { topic, partition, offset }: Place,
  eventTime: string | null
): HopDraft {
  const incarnation = incarnationOf(topic)
  const version = lake.versionOf(table)
  const day = eventTime === null ? null : new Date(eventTime).toISOString().slice(0, 10)
  const files = lake
    .findFiles(table, { topic, incarnation: incarnation ?? '', partition, offset })
    .filter(({ file }) => day === null || table === 'dead_letters' || file.add.partitionValues['event_date'] === day)
  const position = incarnation === null ? null : lake.positionIn(table, topic, incarnation, partition)
  const isThere = files.length > 0 && (position === null || position > offset)
  if (!isThere) {
    const last = lake.rows().find(({ name }) => name === table)?.lastCommitMs ?? null
    const leftMs = last === null ? flushMs : Math.max(0, flushMs - (now() - last))
    return {
      ...blank('batch-loader'),
      state: version === null || version < 0 || lake.problem() !== null ? 'unknown' : 'coming',
      what: lake.problem() === null ? `has not committed it to ${table} yet` : `cannot be judged: ${lake.problem()}`,
      atMs: null,
      expected: `within ${Math.ceil(leftMs / 1000)} s`
    }
  }
  const commit = files.find(({ commit }) => commit !== null)?.commit ?? null
  return {
    ...blank('batch-loader'),
    state: 'done',
    what: `committed it to ${table}: it is queryable`,
    atMs: commit?.atMs ?? files[0]!.file.add.modificationTime,
    note: files.length > 1 ? `one of ${files.length} files whose ranges hold this offset` : null,
    where: [
      { label: 'version', value: commit === null ? `at most ${version}` : String(commit.version) },
      ...files.slice(0, 3).map(({ path }) => ({ label: 'file', value: path }))
    ]
  }
}
