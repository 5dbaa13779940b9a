import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  freePort,
  makeCertificates,
  makeScramUser,
  startKafka,
  uniqueName,
  type Backing,
  type Certificates,
  type KafkaConnection
} from '@sluice/testkit'
import { RefusedError, UnavailableError } from '@sluice/events'
import { endOffsets } from './admin.ts'
import { openKafka, type Kafka } from './client.ts'
import { openLanes } from './lanes.ts'
import { readAll, silent, topicsOf } from './test-support.ts'
import { event, start } from './test-transform.ts'
import { checkTopics, ensureTopics } from './topics.ts'
import type { KafkaSettings } from './types.ts'

describe('a cluster that is spoken to over TLS with SASL', () => {
  let dir: string
  let broker: Backing<KafkaConnection>
  let settings: KafkaSettings
  before(async () => {
    dir = await mkdtemp(path(tmpdir(), 'security-'))
    const { ca, server } = await makeCertificates(dir)
    const port = await freePort()
    broker = await startKafka({
      dir: path(dir, 'kafka'),
      secure: { port, keystoreFile: server.both, plainUsers: { plain: 'correct' } }
    })
    await makeScramUser(broker.settings.brokers, 'sluice', 'correct')
    settings = {
      brokers: [`localhost:${port}`],
      clientId: 'test',
      tls: { caFile: ca },
      sasl: { mechanism: 'scram-sha-512', username: 'sluice', password: 'correct' }
    }
  })
  after(async () => {
    await broker.kill()
    await rm(dir, { recursive: true, force: true })
  })

  it('is sent to, transformed and read like any other, by SCRAM-SHA-512', async () => {
    await assertUsable(openKafka(settings, { log: silent }))
  })

  it('takes PLAIN as well', async () => {
    const sasl = { ...settings.sasl!, mechanism: 'plain', username: 'plain' } as const
    await assertUsable(openKafka({ ...settings, sasl }, { log: silent }))
  })

  it('takes SCRAM-SHA-256 of a user who has that alone, and by no other way', async () => {
    await makeScramUser(broker.settings.brokers, 'short', 'correct', 'SCRAM_SHA_256')
    const sasl = { mechanism: 'scram-sha-256', username: 'short', password: 'correct' } as const
    await assertUsable(openKafka({ ...settings, sasl }, { log: silent }))
    const others = [
      { ...sasl, mechanism: 'scram-sha-512' },
      { ...sasl, password: 'wrong' }
    ] as const
    for (const other of others)
      await assert.rejects(
        endOffsets(openKafka({ ...settings, sasl: other }, { log: silent }), 'x'),
        (error) => error instanceof UnavailableError && /[Aa]uthentication/.test(error.message)
      )
  })

  it('is away for whoever has a wrong password or does not trust it, and says why', async () => {
    const wrong = openKafka({ ...settings, sasl: { ...settings.sasl!, password: 'wrong' } }, { log: silent })
    await assert.rejects(
      endOffsets(wrong, 'x'),
      (error) => error instanceof UnavailableError && /[Aa]uthentication/.test(error.message)
    )
    const stranger = openKafka({ ...settings, tls: {} }, { log: silent })
    await assert.rejects(
      endOffsets(stranger, 'x'),
      (error) => error instanceof UnavailableError && /certificate/.test(error.message)
    )
  })

  it('needs certificate files that can be read', () => {
    assert.throws(
      () => openKafka({ ...settings, tls: { caFile: path(dir, 'none.pem') } }, { log: silent }),
      (error) => error instanceof RefusedError && /^KAFKA_TLS_CA_FILE: .*none.pem cannot be read/.test(error.message)
    )
  })
})

describe('a cluster that demands a certificate of its clients', () => {
  let dir: string
  let broker: Backing<KafkaConnection>
  let own: Certificates
  let stranger: Certificates
  let brokers: readonly string[]
  before(async () => {
    dir = await mkdtemp(path(tmpdir(), 'security-'))
    const folders = [path(dir, 'own'), path(dir, 'stranger')] as const
    for (const folder of folders) await mkdir(folder)
    own = await makeCertificates(folders[0])
    stranger = await makeCertificates(folders[1])
    const port = await freePort()
    brokers = [`localhost:${port}`]
    broker = await startKafka({
      dir: path(dir, 'kafka'),
      secure: { port, keystoreFile: own.server.both, clientAuthorityFile: own.ca }
    })
  })
  after(async () => {
    await broker?.kill()
    await rm(dir, { recursive: true, force: true })
  })

  /** As a service is told, by its variables. */
  function open(files: { readonly cert: string; readonly key: string } | null): Kafka {
    const tls = { caFile: own.ca, ...(files && { certFile: files.cert, keyFile: files.key }) }
    return openKafka({ brokers, clientId: 'test', tls, sasl: null }, { log: silent })
  }

  it('is spoken to by who has one that its authority has signed', async () => {
    await assertUsable(open(own.client))
  })

  it('is away for who has none, or one of another authority', async () => {
    for (const files of [null, stranger.client])
      await assert.rejects(endOffsets(open(files), 'x'), (error) => {
        assert.ok(error instanceof UnavailableError)
        // Where the connection is reset before the alert was read, there is no better word for it.
        assert.match(error.message, /alert .*(?:certificate|unknown ca)|ECONNRESET/)
        return true
      })
  })
})

/** Topics are made, a record is sent, transformed and read. */
async function assertUsable(kafka: Kafka): Promise<void> {
  const topics = topicsOf()
  await ensureTopics(kafka, topics, { log: silent, newId: () => 'one' })
  assert.equal((await checkTopics(kafka, topics)).size, 3)
  await using lanes = openLanes(kafka, { topic: topics.raw }, { log: silent })
  await using run = await start(kafka, {}, { topics, group: uniqueName('secure') })
  const { key, value } = event('a')
  await lanes.send({ partition: 0, key: Buffer.from(String(key)), value: Buffer.from(String(value)), headers: {} })
  await run.untilDone()
  assert.equal((await readAll(kafka, topics.enriched.name, 0)).length, 1)
}
