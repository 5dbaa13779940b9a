import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startKafka, uniqueName, waitFor, type Backing } from '@sluice/testkit'
import { endOffsets, groupLag } from './admin.ts'
import type { Kafka } from './client.ts'
import { joinGroup, type Membership } from './membership.ts'
import { openAt, silent, topicsOf, write } from './test-support.ts'
import { ensureTopics } from './topics.ts'

describe('membership in a group', () => {
  const topics = topicsOf({ partitions: 6 })
  let dir: string
  let broker: Backing<{ readonly brokers: readonly string[] }>
  let kafka: Kafka
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'membership-'))
    broker = await startKafka({ dir })
    kafka = openAt(broker.settings.brokers)
    await ensureTopics(kafka, topics, { log: silent, newId: () => 'one' })
  })
  after(async () => {
    await broker.kill()
    await rm(dir, { recursive: true, force: true })
  })

  function member(group: string): { readonly mine: () => readonly number[]; readonly membership: Membership } {
    let mine: readonly number[] = []
    const membership = joinGroup(
      kafka,
      {
        group,
        topics: [topics.enriched.name, topics.dlq.name],
        partitions: 6,
        sessionTimeoutMs: 6_000,
        onAssigned: (partitions) => {
          mine = partitions
        }
      },
      { log: silent }
    )
    return { mine: () => mine, membership }
  }

  it('shares the partitions, and takes over within 3 s when a member leaves', async () => {
    const group = uniqueName('share')
    const a = member(group)
    await waitFor('a alone', () => a.mine().length === 6, { timeoutMs: 10_000 })
    const b = member(group)
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
    const [a, b] = [member(group), member(group)]
    await Promise.all([a.membership.leave(), b.membership.leave()])
    const c = member(group)
    await waitFor('c alone', () => c.mine().length === 6, { timeoutMs: 4_000 })
    await c.membership.leave()
  })

  it('outlives a restart of the broker', async () => {
    const group = uniqueName('restart')
    const [a, b] = [member(group), member(group)]
    await waitFor('two members', () => a.mine().length + b.mine().length === 6 && a.mine().length === 3, {
      timeoutMs: 15_000
    })
    await broker.stop()
    await waitFor('a problem', () => a.membership.problem() !== null, { timeoutMs: 10_000 })
    await broker.restart()
    await waitFor('no problem', () => !a.membership.problem() && !b.membership.problem(), { timeoutMs: 20_000 })
    await a.membership.confirm(AbortSignal.timeout(10_000))
    assert.equal(new Set([...a.mine(), ...b.mine()]).size, 6)
    await Promise.all([a.membership.leave(), b.membership.leave()])
  })

  it('shows positions to stock lag tools', async () => {
    const group = uniqueName('shown')
    const at = { topic: topics.enriched.name, partition: 2 }
    await write(kafka, at, [{ value: 'a' }, { value: 'b' }, { value: 'c' }])
    const a = member(group)
    await waitFor('a alone', () => a.mine().length === 6, { timeoutMs: 10_000 })
    a.membership.show(at.topic, 2, 2n)
    await a.membership.leave()
    const lag = await groupLag(kafka, group, [at.topic])
    assert.deepEqual(lag[2], { ...at, committed: 2n, end: 3n, lag: 1 })
    assert.deepEqual(lag[3], { topic: at.topic, partition: 3, committed: null, end: 0n, lag: 0 })
    assert.equal((await endOffsets(kafka, at.topic)).get(2)?.end, 3n)
  })
})
