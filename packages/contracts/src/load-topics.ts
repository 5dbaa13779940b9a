import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RefusedError } from '@sluice/events'
import { parseDocument } from 'yaml'
import { durationMs } from './duration.ts'
import { createReport, describe, isObject, refuseUnknown, type Report } from './report.ts'
import type { Topics, TopicSpec } from './types.ts'

const file = 'topics.yaml'
const roles = ['raw', 'enriched', 'dlq', 'control'] as const
const members = [
  'name',
  'partitions',
  'replication',
  'cleanup',
  'retention',
  'retentionBytes',
  'maxMessageBytes',
  'timestamps'
]

/** Reads `topics.yaml`. Throws RefusedError with every problem. */
export async function loadTopics(dir: string): Promise<Topics> {
  const report = createReport(file)
  const topics = parseTopics(await readText(join(dir, file)), report)
  if (report.problems.length > 0) throw new RefusedError(report.problems)
  return topics
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new RefusedError([`${file}: expected a readable file, found ${(error as Error).message}`], { cause: error })
  }
}

function parseTopics(text: string, report: Report): Topics {
  const document = parseDocument(text, { uniqueKeys: true, schema: 'core' })
  for (const error of document.errors) report.problem('', 'YAML', error.message.split('\n')[0]!)
  const root: unknown = document.errors.length > 0 ? {} : document.toJS({ maxAliasCount: 0 })
  const topics = isObject(root) ? root : {}
  if (!isObject(root)) report.problem('', `an object with ${roles.join(', ')}`, describe(root))
  refuseUnknown(topics, roles, '', report)
  const specs = roles.map((role) => readTopic(topics[role], `/${role}`, report))
  const [raw, enriched, dlq, control] = specs as [TopicSpec, TopicSpec, TopicSpec, TopicSpec]
  if (new Set(specs.map((spec) => spec.name)).size < specs.length)
    report.problem('', 'four different names', 'a name twice')
  if (raw.partitions !== enriched.partitions || raw.partitions !== dlq.partitions) {
    const found = [raw, enriched, dlq].map((spec) => spec.partitions).join(', ')
    report.problem('', 'the same number of partitions for raw, enriched and dlq', found)
  }
  for (const [role, cleanup] of [
    ['raw', 'delete'],
    ['enriched', 'delete'],
    ['dlq', 'delete'],
    ['control', 'compact']
  ] as const) {
    const found = { raw, enriched, dlq, control }[role].cleanupPolicy
    if (found !== cleanup) report.problem(`/${role}/cleanup`, cleanup, found)
  }
  return { raw, enriched, dlq, control }
}

function readTopic(value: unknown, pointer: string, report: Report): TopicSpec {
  const topic = isObject(value) ? value : {}
  if (!isObject(value)) report.problem(pointer, 'an object', describe(value))
  refuseUnknown(topic, members, pointer, report)
  const { name, cleanup, retention, retentionBytes, timestamps } = topic
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9._-]{0,199}$/.test(name)) {
    report.problem(`${pointer}/name`, 'lower-case letters, digits, dots, _ and -', describe(name))
  }
  if (cleanup !== 'delete' && cleanup !== 'compact')
    report.problem(`${pointer}/cleanup`, 'delete or compact', describe(cleanup))
  if (timestamps !== 'LogAppendTime') report.problem(`${pointer}/timestamps`, 'LogAppendTime', describe(timestamps))
  return {
    name: String(name),
    partitions: count('partitions', 1, 1000),
    replication: count('replication', 1, 7),
    cleanupPolicy: cleanup === 'compact' ? 'compact' : 'delete',
    retentionMs: retention === 'forever' ? -1 : readRetention(),
    retentionBytes: retentionBytes === 'unlimited' ? -1 : count('retentionBytes', 1 << 20, 2 ** 50),
    maxMessageBytes: count('maxMessageBytes', 1 << 20, 1 << 24),
    timestampType: 'LogAppendTime'
  }

  function readRetention(): number {
    const ms = durationMs(retention)
    if (ms === null || ms === 0)
      report.problem(`${pointer}/retention`, 'a duration such as P7D, or forever', describe(retention))
    return ms ?? 0
  }

  function count(member: string, min: number, max: number): number {
    const found = topic[member]
    const isFine = typeof found === 'number' && Number.isInteger(found) && found >= min && found <= max
    if (!isFine) report.problem(`${pointer}/${member}`, `${min} to ${max}`, describe(found))
    return isFine ? found : 0
  }
}
