import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { waitFor } from '@sluice/testkit'
import { RefusedError } from '@sluice/events'
import { endOffsets } from './admin.ts'
import type { Kafka } from './client.ts'
import { followControl, readControl, writeControl } from './control.ts'
import { openShared, silent, topicsOf, write } from './test-support.ts'
import { checkTopics, ensureTopics } from './topics.ts'

describe('the topics job', () => {
  let kafka: Kafka
  let ids = 0
  const newId = () => `id-${++ids}`
  before(async () => {
    kafka = await openShared()
  })

  it('creates the topics with all their settings, once, and gives each log an id of its own', async () => {
    const topics = topicsOf({ retentionBytes: 64 * 1024 * 1024 })
    await ensureTopics(kafka, topics, { log: silent, newId })
    const first = await checkTopics(kafka, topics)
    assert.deepEqual([...first.keys()], [topics.raw.name, topics.enriched.name, topics.dlq.name])
    assert.equal(new Set(first.values()).size, 3)
    await ensureTopics(kafka, topics, { log: silent, newId })
    assert.deepEqual(await checkTopics(kafka, topics), first)
  })

  it('names every difference, and what is missing', async () => {
    const topics = topicsOf()
    await assert.rejects(checkTopics(kafka, topics), refusal(/raw does not exist: run the topics job/))
    await ensureTopics(kafka, topics, { log: silent, newId })
    const wanted = {
      ...topics,
      raw: { ...topics.raw, partitions: 6, retentionMs: 1_000 },
      dlq: { ...topics.dlq, cleanupPolicy: 'compact', maxMessageBytes: 5 } as const
    }
    const looks = [() => checkTopics(kafka, wanted), () => ensureTopics(kafka, wanted, { log: silent, newId })]
    for (const look of looks) {
      await assert.rejects(look(), (error: RefusedError) => {
        assert.deepEqual(
          error.problems.map((problem) => problem.replace(/^t-\w+\./, '')),
          [
            `${topics.raw.name}, ${topics.enriched.name}, ${topics.dlq.name} must have the same number of partitions in topics.yaml`,
            'raw: partitions should be 6 and is 3',
            'raw: retention.ms should be 1000 and is 604800000',
            'dlq: cleanup.policy should be compact and is delete',
            'dlq: max.message.bytes should be 5 and is 2097152'
          ].map((problem) => problem.replace(/^t-\w+\./, ''))
        )
        return true
      })
    }
  })

  it('refuses what the cluster cannot do, and says for which topic', async () => {
    const topics = topicsOf({ replication: 3 })
    await assert.rejects(
      ensureTopics(kafka, topics, { log: silent, newId }),
      refusal(/t-\w+\.raw cannot be created: .*[Rr]eplication/)
    )
  })

  it('refuses a log with records whose id is gone, and gives an empty one a new id', async () => {
    const topics = topicsOf()
    await ensureTopics(kafka, topics, { log: silent, newId })
    await write(kafka, { topic: topics.raw.name, partition: 1 }, [{ value: 'x' }])
    await writeControl(kafka, topics.control, `incarnation/${topics.raw.name}`, null)
    await writeControl(kafka, topics.control, `incarnation/${topics.dlq.name}`, null)
    await assert.rejects(checkTopics(kafka, topics), refusal(/raw has no incarnation id/))
    await assert.rejects(ensureTopics(kafka, topics, { log: silent, newId }), refusal(/raw holds records but has no/))
    assert.equal((await readControl(kafka, topics.control)).has(`incarnation/${topics.dlq.name}`), true)
  })

  it('gives a topic that was deleted and made again another id', async () => {
    const topics = topicsOf()
    await ensureTopics(kafka, topics, { log: silent, newId })
    const before = await checkTopics(kafka, topics)
    const client = kafka.client()
    await client.admin().deleteTopics({ topics: [topics.raw.name] })
    client.close()
    await ensureTopics(kafka, topics, { log: silent, newId })
    const after = await checkTopics(kafka, topics)
    assert.notEqual(after.get(topics.raw.name), before.get(topics.raw.name))
    assert.equal(after.get(topics.dlq.name), before.get(topics.dlq.name))
    assert.equal((await endOffsets(kafka, topics.raw.name)).size, 3)
  })
})

describe('the control topic', () => {
  it('is followed from its start on, and read as the newest value of each key', async () => {
    const kafka = await openShared()
    const topics = topicsOf()
    await ensureTopics(kafka, topics, { log: silent, newId: () => 'x' })
    await writeControl(kafka, topics.control, 'clock', '1')
    const seen: (string | undefined)[] = []
    const stop = new AbortController()
    const onRecord = (key: string, value: Buffer | null) => key === 'clock' && seen.push(value?.toString())
    const following = followControl(kafka, topics.control, onRecord, { signal: stop.signal })
    await waitFor('the first record', () => seen.length === 1, { timeoutMs: 10_000 })
    await writeControl(kafka, topics.control, 'clock', '2')
    await waitFor('the second record', () => seen.length === 2, { timeoutMs: 10_000 })
    assert.equal((await readControl(kafka, topics.control)).get('clock')?.toString(), '2')
    await writeControl(kafka, topics.control, 'clock', null)
    await waitFor('its deletion', () => seen.length === 3, { timeoutMs: 10_000 })
    assert.deepEqual(seen, ['1', '2', undefined])
    assert.equal((await readControl(kafka, topics.control)).has('clock'), false)
    stop.abort()
    await following
  })
})

function refusal(message: RegExp) {
  return (error: unknown) => error instanceof RefusedError && message.test(error.message)
}
