import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { uniqueName, waitFor } from '@sluice/testkit'
import { RefusedError, UnavailableError } from '@sluice/events'
import { endOffsets } from './admin.ts'
import type { Kafka } from './client.ts'
import { CompressionTypes } from './kafkajs.ts'
import { openPartitionReader } from './partition-reader.ts'
import { readRange } from './read-range.ts'
import { deleteBelow, openAt, openShared, readAll, silent, topicsOf, write } from './test-support.ts'
import { ensureTopics } from './topics.ts'

const topics = topicsOf()
const topic = topics.raw.name

describe('reading a partition', () => {
  let kafka: Kafka
  before(async () => {
    kafka = await openShared()
    await ensureTopics(kafka, topics, { log: silent, newId: () => 'one' })
  })

  it('gives what was written, whatever the compression', async () => {
    const at = { topic, partition: 0 }
    for (const compression of [CompressionTypes.None, CompressionTypes.GZIP, CompressionTypes.ZSTD]) {
      await write(kafka, at, [{ key: 'k', value: `v${compression}`, headers: { h: 'å', 'content-type': 'x' } }], {
        compression
      })
    }
    await write(kafka, at, [{ key: null, value: null }])
    const records = await readAll(kafka, topic, 0)
    assert.deepEqual(
      records.map(({ offset, key, value }) => [offset, key?.toString(), value?.toString()]),
      [
        [0n, 'k', 'v0'],
        [1n, 'k', 'v1'],
        [2n, 'k', 'v4'],
        [3n, undefined, undefined]
      ]
    )
    assert.equal(records[2]?.headers['h']?.toString(), 'å')
    assert.ok(Math.abs(Date.now() - records[0]!.timestampMs) < 60_000)
  })

  it('does not see what was aborted, not even beside a key that looks like an abort marker', async () => {
    const at = { topic, partition: 1 }
    const transactionalId = uniqueName('stranger')
    await write(kafka, at, [{ value: 'a' }], { transactionalId })
    await write(kafka, at, [{ key: Buffer.alloc(4), value: 'gone' }, { value: 'gone too' }], {
      transactionalId,
      abort: true
    })
    await write(kafka, at, [{ key: Buffer.alloc(4), value: 'b' }], { transactionalId })
    const end = await waitFor(
      'the markers',
      async () => {
        const range = (await endOffsets(kafka, topic)).get(1)
        return range?.end === 7n && range
      },
      { timeoutMs: 5_000 }
    )
    assert.deepEqual(end, { start: 0n, end: 7n })
    const values = (await readAll(kafka, topic, 1)).map(({ offset, value }) => [offset, value?.toString()])
    assert.deepEqual(values, [
      [0n, 'a'],
      [5n, 'b']
    ])
  })

  it('starts in the middle of a batch, and ends before the offset that it was told', async () => {
    await write(
      kafka,
      { topic, partition: 2 },
      Array.from({ length: 10 }, (_, i) => ({ value: `${i}` }))
    )
    const records = await Array.fromAsync(readRange(kafka, { topic, partition: 2, from: 4n, to: 7n }))
    assert.deepEqual(
      records.map(({ offset }) => offset),
      [4n, 5n, 6n]
    )
  })

  it('keeps the headers that it can and says what it cannot', async () => {
    const { name } = topics.dlq
    await write(kafka, { topic: name, partition: 0 }, [
      { value: '1', headers: { twice: ['a', 'b'], fine: 'yes', constructor: 'c', ['__proto__']: 'p' } },
      { value: '2', headers: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`h${i}`, 'v'])) }
    ])
    const reader = openPartitionReader(kafka, { topic: name, partition: 0 })
    const { records } = await reader.fetch(0n)
    reader.close()
    assert.match(records[0]?.headerProblem ?? '', /"twice" occurs twice/)
    assert.equal(records[0]?.headers['fine']?.toString(), 'yes')
    assert.equal(records[0]?.headers['constructor']?.toString(), 'c')
    assert.equal(Object.keys(records[1]?.headers ?? {}).length, 10_000)
  })

  it('refuses a position that is not in the log, and names what is lost', async () => {
    const at = { topic: topics.enriched.name, partition: 0 }
    await write(
      kafka,
      at,
      Array.from({ length: 5 }, () => ({ value: 'x' }))
    )
    await deleteBelow(kafka, at.topic, 0, 3n)
    const reader = openPartitionReader(kafka, at)
    await assert.rejects(reader.fetch(1n), (error) => {
      assert.ok(error instanceof RefusedError)
      assert.match(
        error.message,
        /enriched\/0: 2 records are lost, from offset 1 to 2: the log starts at 3 and ends at 5/
      )
      return true
    })
    await assert.rejects(reader.fetch(9n), /position 9 is not in the log/)
    assert.deepEqual((await reader.fetch(3n)).records.length, 2)
    reader.close()
  })

  it('says that the broker is away', async () => {
    const reader = openPartitionReader(openAt(['127.0.0.1:1']), { topic, partition: 0 })
    await assert.rejects(reader.fetch(0n), (error) => error instanceof UnavailableError && error.dependency === 'kafka')
    reader.close()
  })

  it('closes at once although a fetch waits', async () => {
    const reader = openPartitionReader(kafka, { topic, partition: 2, maxWaitMs: 60_000 })
    const waiting = assert.rejects(reader.fetch(10n), UnavailableError)
    const started = performance.now()
    reader.close()
    await waiting
    assert.ok(performance.now() - started < 2_000)
  })
})
