import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { uniqueName, waitFor } from '@sluice/testkit'
import { UnavailableError } from '@sluice/events'
import type { Kafka } from './client.ts'
import { runGroup, type LaneContext } from './run-group.ts'
import { openAt, openShared, silent, topicsOf } from './test-support.ts'
import { ensureTopics } from './topics.ts'

describe('a group of lanes', () => {
  const topics = topicsOf()
  let kafka: Kafka
  before(async () => {
    kafka = await openShared()
    await ensureTopics(kafka, topics, { log: silent, newId: () => 'one' })
  })

  function run(lane: (context: LaneContext) => Promise<void>, at = kafka) {
    const group = uniqueName('group')
    const counts = { ticks: 0 }
    const options = { group, topics: [topics.raw.name], partitions: 3, sessionTimeoutMs: 6_000 }
    const running = runGroup(at, { ...options, lanes: [lane], tick: () => counts.ticks++ }, { log: silent })
    return { running, counts, group }
  }

  it('ticks while all its lanes tick', async () => {
    const { running, counts } = run(tickUntilStopped)
    await waitFor('ticks', () => counts.ticks > 5, { timeoutMs: 10_000 })
    assert.deepEqual(running.problems(), [])
    await running.stop()
    await running.done
  })

  it('stops ticking when one lane hangs, however lively the others are', async () => {
    const hung = Promise.withResolvers<void>()
    const others = { ticks: 0 }
    const { running, counts } = run(async (context) => {
      if (context.partition === 1) return hung.promise
      return tickUntilStopped({ ...context, tick: () => (context.tick(), others.ticks++) })
    })
    await waitFor('the others', () => others.ticks > 5, { timeoutMs: 10_000 })
    const before = counts.ticks
    await waitFor('the others', () => others.ticks > 100, { timeoutMs: 20_000 })
    assert.equal(counts.ticks, before)
    hung.resolve()
    await running.stop()
  })

  it('ticks while the broker is away, and says so', async () => {
    const { running, counts } = run(tickUntilStopped, openAt(['127.0.0.1:1']))
    await waitFor('ticks', () => counts.ticks > 0, { timeoutMs: 20_000 })
    assert.match(running.problems()[0] ?? '', /^group \S+: .*ECONNREFUSED/)
    await running.stop()
  })

  it('starts a lane again that waits, and closes what it owned', async () => {
    let attempts = 0
    let closed = 0
    const { running } = run(async ({ partition, own, signal, tick }) => {
      if (partition !== 0) return tickUntilStopped({ signal, tick })
      own({ close: () => closed++ })
      if (++attempts < 3) throw new UnavailableError('store', 'away')
      return tickUntilStopped({ signal, tick })
    })
    await waitFor('the third attempt', () => attempts === 3, { timeoutMs: 10_000 })
    assert.equal(closed, 2)
    await running.stop()
    assert.equal(closed, 3)
  })

  it('ends as a whole with the first lane that must not go on', async () => {
    const ended: number[] = []
    const { running } = run(async ({ partition, signal, tick }) => {
      if (partition === 0) throw new TypeError('a bug')
      await tickUntilStopped({ signal, tick })
      ended.push(partition)
    })
    await assert.rejects(running.done, /a bug/)
    assert.deepEqual(
      ended.toSorted((a, b) => a - b),
      [1, 2]
    )
  })
})

async function tickUntilStopped({ signal, tick }: Pick<LaneContext, 'signal' | 'tick'>): Promise<void> {
  while (!signal.aborted) {
    tick()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
