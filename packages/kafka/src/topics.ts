import { RefusedError, type Log } from '@sluice/events'
import type { Topics, TopicSpec } from '@sluice/contracts'
import { endOffsets, unavailable } from './admin.ts'
import type { Kafka } from './client.ts'
import { readControl, writeControls } from './control.ts'
import { ConfigResourceTypes, type Admin } from './kafkajs.ts'
import { backOffMs } from './pause.ts'

/**
 * The `topics` job: creates what is missing, compares what is there, and gives each event topic an incarnation id, by
 * which whoever keeps a position knows that it is still the same log. Never changes a topic that exists: kafkajs'
 * alterConfigs resets every setting that it is not given. Throws RefusedError with every difference.
 */
export async function ensureTopics(
  kafka: Kafka,
  topics: Topics,
  { log, newId }: { readonly log: Log; readonly newId: () => string }
): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    const existing = await admin.listTopics()
    const missing = allOf(topics).filter(({ name }) => !existing.includes(name))
    const missingEvents = missing.filter((topic) => topic !== topics.control)
    await create(kafka, admin, missing.includes(topics.control) ? [topics.control] : [], log)
    // Before the topics: a new log under the id of the old one would be taken for it.
    const noIds = new Map(missingEvents.map((topic) => [incarnationKey(topic), null]))
    await writeControls(kafka, topics.control, noIds)
    await create(kafka, admin, missingEvents, log)
    refuseIf(await findDifferences(admin, topics))
  })
  await giveIncarnations(kafka, topics, log, newId)
}

/**
 * What every service asks before it starts: incarnation id by name of the event topics. Throws RefusedError with every
 * difference between the topics as they are and as they should be.
 */
export async function checkTopics(kafka: Kafka, topics: Topics): Promise<ReadonlyMap<string, string>> {
  const control = await withAdmin(kafka, async (admin) => {
    refuseIf(await findDifferences(admin, topics))
    return readControl(kafka, topics.control)
  })
  const incarnations = new Map<string, string>()
  for (const { name } of eventTopicsOf(topics)) {
    const id = control.get(incarnationKey({ name }))
    if (id) incarnations.set(name, id.toString())
  }
  refuseIf(
    eventTopicsOf(topics)
      .filter(({ name }) => !incarnations.has(name))
      .map(({ name }) => `${name} has no incarnation id in ${topics.control.name}: run the topics job`)
  )
  return incarnations
}

function allOf(topics: Topics): readonly TopicSpec[] {
  return [topics.control, ...eventTopicsOf(topics)]
}

/** Input and outputs: partition p of the one goes to partition p of the others. */
function eventTopicsOf({ raw, enriched, dlq }: Topics): readonly TopicSpec[] {
  return [raw, enriched, dlq]
}

function incarnationKey({ name }: { readonly name: string }): string {
  return `incarnation/${name}`
}

async function create(kafka: Kafka, admin: Admin, specs: readonly TopicSpec[], log: Log): Promise<void> {
  if (specs.length === 0) return
  const topics = specs.map((spec) => ({
    topic: spec.name,
    numPartitions: spec.partitions,
    replicationFactor: spec.replication,
    configEntries: Object.entries({ ...settingsOf(spec), ...creationSettingsOf(spec) }).map(([name, value]) => ({
      name,
      value
    }))
  }))
  try {
    // kafkajs' own wait throws where a topic is made and not known yet.
    await admin.createTopics({ topics, waitForLeaders: false })
  } catch (error) {
    const { errors } = error as { readonly errors?: readonly (Error & { readonly topic?: string })[] }
    if (!errors) throw error
    throw new RefusedError(
      errors.map(({ message, topic }) => `${topic} cannot be created: ${message}`),
      { cause: error }
    )
  }
  for (const spec of specs) {
    await waitUntilServed(kafka, spec)
    log.info({ topic: spec.name, partitions: spec.partitions, ...settingsOf(spec) }, 'topic created')
  }
}

/** A topic that was just created takes a moment to be known everywhere. */
async function waitUntilServed(kafka: Kafka, { name, partitions }: TopicSpec): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      if ((await endOffsets(kafka, name)).size === partitions) return
    } catch (error) {
      if (attempt === 10) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, backOffMs(attempt)))
  }
}

/** What a topic must have, as the broker spells it. */
function settingsOf(spec: TopicSpec): Readonly<Record<string, string>> {
  return {
    'cleanup.policy': spec.cleanupPolicy,
    'retention.ms': String(spec.retentionMs),
    'retention.bytes': String(spec.retentionBytes),
    'max.message.bytes': String(spec.maxMessageBytes),
    'message.timestamp.type': spec.timestampType
  }
}

/** What we set and do not insist on. Retention removes whole segments only, so they are a quarter of it at most. */
function creationSettingsOf({ retentionBytes, replication }: TopicSpec): Readonly<Record<string, string>> {
  const segmentBytes = Math.min(2 ** 30, Math.max(2 ** 20, Math.floor(retentionBytes / 4)))
  return {
    ...(retentionBytes > 0 && { 'segment.bytes': String(segmentBytes) }),
    ...(replication > 2 && { 'min.insync.replicas': '2' })
  }
}

async function findDifferences(admin: Admin, topics: Topics): Promise<readonly string[]> {
  const existing = await admin.listTopics()
  const missing = allOf(topics).filter(({ name }) => !existing.includes(name))
  if (missing.length > 0) return missing.map(({ name }) => `${name} does not exist: run the topics job`)
  const { topics: metadata } = await admin.fetchTopicMetadata({ topics: allOf(topics).map(({ name }) => name) })
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: allOf(topics).map(({ name }) => ({ type: ConfigResourceTypes.TOPIC, name }))
  })
  const counts = new Set(eventTopicsOf(topics).map(({ partitions }) => partitions))
  const names = eventTopicsOf(topics).map(({ name }) => name)
  return [
    ...(counts.size > 1 ? [`${names.join(', ')} must have the same number of partitions in topics.yaml`] : []),
    ...allOf(topics).flatMap((spec) => {
      const entries = resources.find(({ resourceName }) => resourceName === spec.name)?.configEntries ?? []
      const found: Record<string, string | undefined> = {
        partitions: String(metadata.find(({ name }) => name === spec.name)?.partitions.length),
        ...Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]))
      }
      return Object.entries({ partitions: String(spec.partitions), ...settingsOf(spec) })
        .filter(([name, expected]) => found[name] !== expected)
        .map(([name, expected]) => `${spec.name}: ${name} should be ${expected} and is ${found[name]}`)
    })
  ]
}

async function giveIncarnations(kafka: Kafka, topics: Topics, log: Log, newId: () => string): Promise<void> {
  const control = await readControl(kafka, topics.control)
  const ids = new Map<string, string>()
  const problems: string[] = []
  for (const spec of eventTopicsOf(topics).filter((topic) => !control.has(incarnationKey(topic)))) {
    const ranges = await endOffsets(kafka, spec.name)
    if ([...ranges.values()].every(({ start, end }) => start === end)) ids.set(incarnationKey(spec), newId())
    else
      problems.push(`${spec.name} holds records but has no incarnation id in ${topics.control.name}: that log was lost`)
  }
  await writeControls(kafka, topics.control, ids)
  if (ids.size > 0) log.info(Object.fromEntries(ids), 'incarnation ids written')
  refuseIf(problems)
}

function refuseIf(problems: readonly string[]): void {
  if (problems.length > 0) throw new RefusedError(problems)
}

async function withAdmin<T>(kafka: Kafka, use: (admin: Admin) => Promise<T>): Promise<T> {
  const client = kafka.client()
  try {
    const admin = client.admin()
    await admin.connect()
    return await use(admin)
  } catch (error) {
    throw error instanceof RefusedError ? error : unavailable('looking at the topics', error)
  } finally {
    client.close()
  }
}
