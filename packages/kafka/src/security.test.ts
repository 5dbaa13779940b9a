import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import { after, before, describe, it } from 'node:test'
import tls from 'node:tls'
import { freePort, startKafka, type Backing } from '@sluice/testkit'
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
  let broker: Backing<unknown>
  let front: net.Server
  let settings: KafkaSettings
  before(async () => {
    dir = await mkdtemp(path(tmpdir(), 'security-'))
    const file = (name: string): string => path(dir, name)
    execFileSync(
      'openssl',
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost
       -keyout ${file('key.pem')} -out ${file('ca.pem')}`.split(/\s+/),
      { stdio: 'ignore' }
    )
    const [port, frontPort] = [await freePort(), await freePort()]
    const secure = tls.createServer({ key: await readFile(file('key.pem')), cert: await readFile(file('ca.pem')) })
    secure.on('secureConnection', (client) => join(client, port))
    front = net.createServer((client) => {
      // The broker speaks to itself through its advertised address, without TLS: a handshake begins with 22.
      client.once('data', (first) => {
        client.pause()
        client.unshift(first)
        if (first[0] === 22) secure.emit('connection', client)
        else join(client, port)
      })
    })
    front.listen(frontPort, 'localhost')
    broker = await startKafka({
      dir: file('kafka'),
      port,
      advertised: `localhost:${frontPort}`,
      properties: saslProperties
    })
    settings = {
      brokers: [`localhost:${frontPort}`],
      clientId: 'test',
      tls: { caFile: file('ca.pem') },
      sasl: { mechanism: 'plain', username: 'sluice', password: 'correct' }
    }
  })
  after(async () => {
    await broker.kill()
    front.close()
    await rm(dir, { recursive: true, force: true })
  })

  it('is sent to, transformed and read like any other', async () => {
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

function join(client: net.Socket, brokerPort: number): void {
  const broker = net.connect(brokerPort, '127.0.0.1')
  client.pipe(broker).pipe(client)
  for (const socket of [client, broker]) socket.on('error', () => broker.destroy())
}

const saslProperties = {
  'listener.security.protocol.map': 'PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
  'sasl.enabled.mechanisms': 'PLAIN',
  'sasl.mechanism.inter.broker.protocol': 'PLAIN',
  'listener.name.plaintext.plain.sasl.jaas.config':
    'org.apache.kafka.common.security.plain.PlainLoginModule required username="admin" password="admin" user_admin="admin" user_sluice="correct";'
}
