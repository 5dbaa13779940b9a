import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { UnavailableError } from '@sluice/events'
import { freePort, startKafka, startTcpProxy, waitFor, type Backing, type TcpProxy } from '@sluice/testkit'
import type { Kafka } from './client.ts'
import { commitOffset, openAt, silent, topicsOf, write } from './test-support.ts'
import { ensureTopics } from './topics.ts'
import { watchLag } from './watch-lag.ts'

describe('the lag of a group, asked again and again', () => {
  let dir: string
  let broker: Backing<unknown>
  let line: TcpProxy
  let kafka: Kafka
  let clients = 0
  const topics = topicsOf()
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lag-'))
    const port = await freePort()
    line = await startTcpProxy({ target: port })
    broker = await startKafka({ dir, port, advertised: `127.0.0.1:${line.port}` })
    const opened = openAt([`127.0.0.1:${line.port}`])
    kafka = {
      settings: opened.settings,
      client() {
        clients += 1
        return opened.client()
      }
    }
    await ensureTopics(kafka, topics, { log: silent, newId: () => 'one' })
    await write(kafka, { topic: topics.raw.name, partition: 1 }, [{ value: 'a' }, { value: 'b' }])
    // A broker that has only just started may still be loading its groups.
    const commit = () => commitOffset(kafka, 'readers', topics.raw.name, 1, 1n).then(() => true)
    await waitFor('the commit', commit, { timeoutMs: 60_000 })
  })
  after(async () => {
    await broker?.kill()
    await line?.[Symbol.asyncDispose]()
    await rm(dir, { recursive: true, force: true })
  })

  it('takes one client, and another one after trouble only', async () => {
    using watch = watchLag(kafka, 'readers', topics.raw.name)
    const from = clients
    const expected = [
      { partition: 0, start: 0n, end: 0n, committed: null, lag: 0 },
      { partition: 1, start: 0n, end: 2n, committed: 1n, lag: 1 },
      { partition: 2, start: 0n, end: 0n, committed: null, lag: 0 }
    ]
    for (let i = 0; i < 3; i += 1) assert.deepEqual(await watch.ask(), expected)
    assert.equal(clients - from, 1)
    await line.set({ kind: 'refused' })
    await assert.rejects(watch.ask(), UnavailableError)
    await line.set(null)
    assert.deepEqual(await watch.ask(), expected)
    assert.equal(clients - from, 2)
  })

  it('ends at once when it is disposed, also in the middle of a question', async () => {
    const watch = watchLag(kafka, 'readers', topics.raw.name)
    await watch.ask()
    await line.set({ kind: 'half-open' })
    const asked = watch.ask()
    watch[Symbol.dispose]()
    await assert.rejects(asked, { name: 'UnavailableError', message: /asking how far readers is in .*: closed/ })
    await assert.rejects(watch.ask(), UnavailableError)
    await line.set(null)
  })
})
