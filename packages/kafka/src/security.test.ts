import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  freePort,
  makeCertificates,
  makeScramUser,
  startKafka,
  type Backing,
  type KafkaConnection
} from '@sluice/testkit'
import { RefusedError, UnavailableError } from '@sluice/events'
import { endOffsets } from './admin.ts'
import { openKafka } from './client.ts'
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
    const kafka = openKafka(settings, { log: silent })
    const topics = topicsOf()
    await ensureTopics(kafka, topics, { log: silent, newId: () => 'one' })
    assert.equal((await checkTopics(kafka, topics)).size, 3)
    await using lanes = openLanes(kafka, { topic: topics.raw }, { log: silent })
    await using run = await start(kafka, {}, { topics, group: 'secure' })
    const { key, value } = event('a')
    await lanes.send({ partition: 0, key: Buffer.from(String(key)), value: Buffer.from(String(value)), headers: {} })
    await run.untilDone()
    assert.equal((await readAll(kafka, topics.enriched.name, 0)).length, 1)
  })

  it('takes PLAIN as well', async () => {
    const plain = openKafka(
      { ...settings, sasl: { ...settings.sasl!, mechanism: 'plain', username: 'plain' } },
      { log: silent }
    )
    const topics = topicsOf()
    await ensureTopics(plain, topics, { log: silent, newId: () => 'one' })
    assert.equal((await checkTopics(plain, topics)).size, 3)
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
