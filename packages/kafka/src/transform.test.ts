import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { uniqueName, waitFor } from '@sluice/testkit'
import { header, ok, RefusedError, UnavailableError } from '@sluice/events'
import type { Kafka } from './client.ts'
import { formatGap, parseGap } from './gap.ts'
import {
  commitOffset,
  deleteBelow,
  openShared,
  readAll,
  silent,
  topicsOf,
  write,
  type Message
} from './test-support.ts'
import { enrichedFrom, event, fillers, range, start, type Item } from './test-transform.ts'
import { ensureTopics } from './topics.ts'
import type { Gap, Running, TransformOptions } from './types.ts'
import { watchLag } from './watch-lag.ts'

describe('the transform', () => {
  let kafka: Kafka
  before(async () => {
    kafka = await openShared()
  })

  it('gives every raw record exactly one output, in order, with where it came from', async () => {
    await using run = await start(kafka)
    const events = Array.from({ length: 2_500 }, (_, i) => event(`e${i}`, i % 50 === 0 ? { bad: true } : {}))
    await write(kafka, run.at(0), events.slice(0, 1_250))
    await write(kafka, run.at(1), events.slice(1_250))
    await run.untilDone()
    for (const partition of [0, 1]) {
      const account = await run.account(partition)
      assert.deepEqual(
        account.map(({ origin }) => origin),
        range(1_250)
      )
      assert.equal(account.filter(({ reason }) => reason === 'contract').length, 25)
      assert.ok(
        account.every(
          ({ reason, offset }, i) =>
            reason !== null || account[i - 1]?.reason || i === 0 || offset > (account[i - 1]?.offset ?? -1n)
        )
      )
    }
    const [first] = await readAll(kafka, run.topics.enriched.name, 0)
    assert.equal(first?.value?.toString(), '{"id":"e1","enriched":true}')
    assert.deepEqual(texts(first.headers), { mine: 'yes', event_type: 'test.v1', origin_offset: '1', identity: 'e1' })
    const [dead] = await readAll(kafka, run.topics.dlq.name, 0)
    assert.equal(dead?.value?.toString(), '{"id":"e0","bad":true}')
    assert.deepEqual(
      { ...texts(dead.headers), dlq_time: 'now' },
      {
        mine: 'yes',
        dlq_reason: 'contract',
        dlq_pointer: '/data/bad',
        dlq_message: 'bad',
        dlq_contract: 'test:1.0',
        dlq_identity: 'e0',
        dlq_origin_topic: run.topics.raw.name,
        dlq_origin_partition: '0',
        dlq_origin_offset: '0',
        dlq_service: 'test',
        dlq_service_version: '9',
        dlq_time: 'now'
      }
    )
    assert.equal(run.committed.flatMap(({ outcomes }) => outcomes).length, 2_500)
    await run.running.stop()
    using watch = watchLag(kafka, run.group, run.topics.raw.name)
    assert.deepEqual(
      (await watch.ask()).map(({ committed }) => committed),
      [1_250n, 1_250n, null]
    )
  })

  it('makes a dead letter of every repeat, also after a restart, and names the first one', async () => {
    const first = await start(kafka, { repeatWindow: 100 })
    await write(kafka, first.at(0), [event('a'), event('b', { bad: true }), event('a')])
    await first.untilDone()
    await first.running.stop()
    await using run = await start(kafka, { repeatWindow: 100 }, first)
    await write(kafka, run.at(0), [
      event('a'),
      event('b'),
      event('a'),
      ...fillers(94),
      event('a'),
      ...fillers(100, 'g'),
      event('a'),
      event('b')
    ])
    await run.untilDone()
    const account = await run.account(0)
    const repeats = account
      .filter(({ reason }) => reason === 'repeat')
      .map(({ origin, firstOffset }) => [origin, firstOffset])
    // Offset 2, 3, 5 and 100 repeat a; 201 comes 101 offsets after its newest occurrence. b was rejected at 1.
    const expected = [
      [2, '0'],
      [3, '0'],
      [4, '1'],
      [5, '0'],
      [100, '0']
    ]
    assert.deepEqual(repeats, expected, `repeats of what was seen: ${JSON.stringify(repeats)}`)
    assert.deepEqual(
      account.map(({ origin }) => origin),
      range(203)
    )
    const letters = (await readAll(kafka, run.topics.dlq.name, 0)).filter(
      ({ headers }) => headers[header.dlqReason]?.toString() === 'repeat'
    )
    assert.ok(
      letters.every(
        ({ value, headers }) => value?.length === 0 && headers[header.dlqFirstPartition]?.toString() === '0'
      )
    )
  })

  it('lets a replayed dead letter pass, once', async () => {
    await using run = await start(kafka)
    await write(kafka, run.at(0), [event('a', { bad: true })])
    await write(kafka, run.at(0), [event('a'), replayOf('0'), replayOf('0'), event('a')])
    await run.untilDone()
    const account = await run.account(0)
    assert.deepEqual(
      account.map(({ reason }) => reason),
      ['contract', 'repeat', null, 'repeat', 'repeat']
    )
    assert.deepEqual(
      account.map(({ firstOffset }) => firstOffset),
      [null, '0', null, '2', '2']
    )
  })

  it('carries what it cannot read: null, odd keys, odd headers, and says what was wrong', async () => {
    await using run = await start(kafka)
    const large = Buffer.alloc(64 * 1024, 'k')
    await write(kafka, run.at(0), [{ key: 'k', value: null }])
    await write(kafka, run.at(0), [
      { key: Buffer.alloc(4), value: 'not json', headers: { identity: 'forged', origin_offset: '99' } }
    ])
    await write(kafka, run.at(0), [{ key: large, value: 'not json' }])
    await write(kafka, run.at(0), [{ ...event('h1'), headers: { twice: ['1', '2'], fine: 'yes' } }])
    await write(kafka, run.at(0), [
      { ...event('h2'), headers: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`h${i}`, ''])) }
    ])
    await write(kafka, run.at(0), [{ ...event('h3'), headers: { large: 'x'.repeat(1_025) } }])
    await run.untilDone()
    const letters = await readAll(kafka, run.topics.dlq.name, 0)
    assert.deepEqual(
      letters.map(({ headers }) => headers[header.dlqReason]?.toString()),
      ['parse', 'parse', 'parse', 'headers', 'headers', 'headers']
    )
    assert.equal(letters[0]?.value, null)
    assert.equal(letters[1]?.key, null)
    assert.equal(letters[1]?.headers[header.dlqKey]?.toString(), 'AAAAAA==')
    assert.equal(letters[1]?.headers['identity'], undefined)
    assert.equal(letters[2]?.headers[header.dlqKey]?.toString(), large.toString('base64'))
    assert.equal(letters[3]?.headers['fine']?.toString(), 'yes')
    assert.equal(letters[3]?.headers[header.dlqIdentity]?.toString(), 'h1')
    assert.equal(letters[4]?.value?.toString(), '{"id":"h2"}')
  })

  it('turns a bug of ours on one record into its dead letter, and no other', async () => {
    await using run = await start(kafka)
    await write(kafka, run.at(0), [
      ...fillers(20),
      event('c', { checkThrows: true }),
      event('x', { enrichThrows: true }),
      ...fillers(20, 'g')
    ])
    await run.untilDone()
    const bugs = (await run.account(0)).filter(({ reason }) => reason !== null)
    assert.deepEqual(
      bugs.map(({ origin, reason }) => [origin, reason]),
      [
        [20, 'bug'],
        [21, 'bug']
      ]
    )
    assert.match(bugs[1]?.message ?? '', /^TypeError in our own code, stack [0-9a-f]{12}$/)
  })

  it('buries what becomes too large, and keeps the value wherever it fits', async () => {
    await using run = await start(kafka)
    await write(kafka, run.at(0), [event('a', { grow: 3_000_000 }), event('b', { grow: 2_000_000 }), event('c')])
    // Compressed it is small enough for the raw topic, uncompressed for none.
    await write(kafka, run.at(0), [{ value: `not json${'x'.repeat(5_000_000)}` }])
    await run.untilDone()
    const account = await run.account(0)
    assert.deepEqual(
      account.map(({ reason }) => reason),
      ['too_large_after_enrichment', null, null, 'parse']
    )
    const letters = await readAll(kafka, run.topics.dlq.name, 0)
    assert.equal(letters[0]?.value?.toString(), '{"id":"a","grow":3000000}')
    assert.equal(letters[1]?.value, null)
    assert.match(letters[1]?.headers[header.dlqMessage]?.toString() ?? '', /5000008 bytes does not fit here/)
  })

  it('waits with one partition while its dependency is away; each of the five others goes on', async () => {
    let away = true
    const enrich: TransformOptions<Item>['enrich'] = async (items) => {
      if (away && items.some(({ record }) => record.partition === 1))
        throw new UnavailableError('enrichment-api', 'no answer')
      return items.map((item) => ok(enrichedFrom(item)))
    }
    const topics = topicsOf({ partitions: 6 })
    await ensureTopics(kafka, topics, { log: silent, newId: () => 'one' })
    await using run = await start(kafka, { enrich }, { topics, group: uniqueName('six') })
    await write(kafka, run.at(1), [event('a')])
    await waitFor('the problem', () => run.running.problems()[0]?.startsWith('partition'), { timeoutMs: 20_000 })
    const others = [0, 2, 3, 4, 5]
    for (const round of [1, 2, 3]) {
      for (const partition of others) await write(kafka, run.at(partition), fillers(10, `r${round}-`))
      for (const partition of others)
        await waitFor(
          `partition ${partition}, round ${round}`,
          async () => (await run.account(partition)).length === round * 10,
          { timeoutMs: 30_000 }
        )
    }
    assert.deepEqual(run.running.problems(), ['partition 1 waits for enrichment-api: no answer'])
    assert.deepEqual(await run.account(1), [])
    away = false
    await run.untilDone()
    assert.deepEqual(
      (await run.account(1)).map(({ reason }) => reason),
      [null]
    )
    await waitFor('no problem', () => run.running.problems().length === 0, { timeoutMs: 5_000 })
  })

  it('stops when records were deleted under it, and names them', async () => {
    const run = await start(kafka)
    await write(kafka, run.at(0), fillers(10))
    await run.untilDone()
    await run.running.stop()
    await write(kafka, run.at(0), fillers(10, 'g'))
    await deleteBelow(kafka, run.topics.raw.name, 0, 14n)
    const again = await start(kafka, {}, run)
    await assert.rejects(again.running.done, (error: RefusedError) => {
      assert.ok(error instanceof RefusedError)
      assert.match(
        error.message,
        /raw\/0: 4 records are lost, from offset 10 to 13: the log starts at 14 and ends at 20/
      )
      assert.match(error.message, /set ACCEPT_GAP=\S+raw\/0:10-13$/)
      return true
    })
    await again.running.stop()
    assert.equal((await run.account(0)).length, 10)
  })

  it('stops when records are deleted under it while it runs, behind what it has in hand, and names them', async () => {
    const [entered, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    await using run = await start(kafka, {
      enrich: async (items) => {
        entered.resolve()
        await held.promise
        return items.map((item) => ok(enrichedFrom(item)))
      }
    })
    await write(kafka, run.at(0), fillers(10))
    await entered.promise
    await write(kafka, run.at(0), fillers(10, 'g'))
    await deleteBelow(kafka, run.topics.raw.name, 0, 14n)
    assert.deepEqual(run.running.problems(), [], 'it runs, and knows nothing of it')
    held.resolve()
    await assert.rejects(ended(run.running), (error: RefusedError) => {
      assert.ok(error instanceof RefusedError)
      assert.match(
        error.message,
        /raw\/0: 4 records are lost, from offset 10 to 13: .* set ACCEPT_GAP=\S+raw\/0:10-13$/
      )
      return true
    })
    assert.deepEqual(
      (await run.account(0)).map(({ origin }) => origin),
      range(10)
    )
  })

  it('goes on behind a gap that an operator names exactly, with a dead letter for it, and refuses any other', async () => {
    const run = await start(kafka)
    await write(kafka, run.at(0), fillers(10))
    await write(kafka, run.at(1), fillers(3))
    await run.untilDone()
    await run.running.stop()
    for (const partition of [0, 1]) await write(kafka, run.at(partition), fillers(10, 'g'))
    await deleteBelow(kafka, run.topics.raw.name, 0, 14n)
    await deleteBelow(kafka, run.topics.raw.name, 1, 5n)
    const gap = { topic: run.topics.raw.name, partition: 0, from: 10n, to: 13n }
    // One that is too large is another loss; and the other partition has one as well, which is told at the same time.
    const refused = await start(kafka, { acceptedGaps: [{ ...gap, to: 14n }] }, run)
    await assert.rejects(refused.running.done, (error: RefusedError) => {
      assert.equal(error.problems.length, 2)
      const accepted = error.problems.map((problem) => /ACCEPT_GAP=(\S+)$/.exec(problem)?.[1] ?? '').toSorted()
      assert.deepEqual(accepted.map(parseGap), [gap, { ...gap, partition: 1, from: 3n, to: 4n }])
      return true
    })
    await refused.running.stop()
    const passed: Gap[] = []
    const acceptedGaps = [gap, { ...gap, partition: 1, from: 3n, to: 4n }]
    const again = await start(kafka, { acceptedGaps, onGap: (one) => passed.push(one) }, run)
    await again.untilDone()
    await again.running.stop()
    assert.deepEqual(passed.map(formatGap).toSorted(), acceptedGaps.map(formatGap))
    const account = await run.account(0)
    assert.deepEqual(
      account.map(({ origin }) => origin),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 14, 15, 16, 17, 18, 19]
    )
    assert.equal(account[10]?.reason, 'gap')
    assert.match(
      account[10]?.message ?? '',
      /^4 records of \S+raw\/0 were deleted before they were read, from offset 10 to 13$/
    )
    // The window and the position are found behind it again.
    await using third = await start(kafka, {}, run)
    await write(kafka, run.at(0), fillers(1, 'h'))
    await third.untilDone()
    assert.equal((await run.account(0)).length, 18)
  })

  it('takes no notice of what a stranger wrote into an output with an origin that the raw topic has not reached', async () => {
    const run = await start(kafka)
    await write(kafka, run.at(0), fillers(10))
    await run.untilDone()
    await run.running.stop()
    const foreign = [{ value: 'x', headers: { origin_offset: '9000000000000000000', identity: 'nobody' } }]
    await write(kafka, { topic: run.topics.enriched.name, partition: 0 }, foreign)
    await write(kafka, run.at(0), [...fillers(1, 'g'), ...fillers(1)])
    await using again = await start(kafka, {}, run)
    await again.untilDone()
    const account = (await run.account(0)).filter(({ origin }) => origin < 1_000)
    assert.equal(account.length, 12)
    assert.equal(account[11]?.reason, 'repeat', 'the window was rebuilt in full')
  })

  it('does not begin anew where its offsets are gone but its outputs are there', async () => {
    const run = await start(kafka)
    await write(kafka, run.at(0), fillers(10))
    await run.untilDone()
    await run.running.stop()
    const again = await start(kafka, { group: uniqueName('other') }, run)
    await assert.rejects(again.running.done, /has committed nothing for \S+raw\/0, but \S+enriched\/0 holds records/)
  })

  it('goes on behind its outputs where a commit of offsets was lost', async () => {
    const run = await start(kafka)
    await write(kafka, run.at(0), fillers(10))
    await run.untilDone()
    await run.running.stop()
    await commitOffset(kafka, run.group, run.topics.raw.name, 0, 3n)
    await using again = await start(kafka, {}, run)
    await write(kafka, again.at(0), fillers(2, 'g'))
    await again.untilDone()
    assert.deepEqual(
      (await again.account(0)).map(({ origin }) => origin),
      range(12)
    )
  })
})

/** Its end, or that of a wait that is long enough. */
function ended(running: Running): Promise<void> {
  const timer = setTimeout(() => void running.stop(), 30_000)
  return running.done.finally(() => clearTimeout(timer))
}

function replayOf(offset: string): Message {
  return { ...event('a'), headers: { [header.replayOf]: offset } }
}

function texts(headers: Readonly<Record<string, Buffer>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.toString()]))
}
