import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { uniqueName, waitFor } from '@sluice/testkit'
import { endOffsets } from './admin.ts'
import type { Kafka } from './client.ts'
import { openShared, silent, topicsOf, write } from './test-support.ts'
import { join } from './test-member.ts'
import { ensureTopics } from './topics.ts'
import { watchLag } from './watch-lag.ts'

describe('membership in a group', () => {
  const topics = topicsOf({ partitions: 6 })
  let kafka: Kafka
  before(async () => {
    kafka = await openShared()
    await ensureTopics(kafka, topics, { log: silent, newId: () => 'one' })
  })

  it('shares the partitions, and takes over within 3 s when a member leaves', async () => {
    const group = uniqueName('share')
    const a = join(kafka, topics, group)
    await waitFor('a alone', () => a.mine().length === 6, { timeoutMs: 10_000 })
    const b = join(kafka, topics, group)
    await waitFor('two members', () => a.mine().length === 3 && b.mine().length === 3, { timeoutMs: 10_000 })
    assert.deepEqual(new Set([...a.mine(), ...b.mine()]).size, 6)
    const kept = a.mine()
    const left = performance.now()
    await b.membership.leave()
    await waitFor('a alone again', () => a.mine().length === 6, { timeoutMs: 10_000 })
    assert.ok(performance.now() - left < 3_000)
    assert.deepEqual(a.mine().slice(0, 3), kept)
    await a.membership.leave()
  })

  it('lets a member go that is still waiting for the others to join', async () => {
    const group = uniqueName('waiting')
    const [a, b] = [join(kafka, topics, group), join(kafka, topics, group)]
    await Promise.all([a.membership.leave(), b.membership.leave()])
    const c = join(kafka, topics, group)
    await waitFor('c alone', () => c.mine().length === 6, { timeoutMs: 4_000 })
    await c.membership.leave()
  })

  it('shows positions to stock lag tools', async () => {
    const group = uniqueName('shown')
    const at = { topic: topics.enriched.name, partition: 2 }
    await write(kafka, at, [{ value: 'a' }, { value: 'b' }, { value: 'c' }])
    const a = join(kafka, topics, group)
    await waitFor('a alone', () => a.mine().length === 6, { timeoutMs: 10_000 })
    a.membership.show(at.topic, 2, 2n)
    await a.membership.leave()
    using watch = watchLag(kafka, group, at.topic)
    const lag = await watch.ask()
    assert.deepEqual(lag[2], { partition: 2, start: 0n, end: 3n, committed: 2n, lag: 1 })
    assert.deepEqual(lag[3], { partition: 3, start: 0n, end: 0n, committed: null, lag: 0 })
    assert.equal((await endOffsets(kafka, at.topic)).get(2)?.end, 3n)
  })
})
