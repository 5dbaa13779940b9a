import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import {
  answersHttp,
  answersKafka,
  answersRedis,
  freePort,
  isAlive,
  isFree,
  processIdentity,
  sharedBacking,
  startKafka,
  startRedis,
  startS3
} from '@sluice/testkit'
import { freePortPair } from './ports.ts'

const dir = mkdtempSync(join(tmpdir(), 'sluice-native-'))
after(() => rmSync(dir, { recursive: true, force: true }))

describe('a native Kafka', () => {
  it('answers, is back after SIGKILL, and is gone after stop', async () => {
    await using kafka = await startKafka({ dir: join(dir, 'kafka') })
    assert.ok(await answersKafka(kafka.port))
    const before = processIdentity(kafka.pid) ?? ''
    await kafka.kill()
    assert.equal(isAlive(before), false)
    await kafka.restart()
    assert.ok(await kafka.isReady())
    await kafka.stop()
    assert.equal(await answersKafka(kafka.port), false)
  })

  it('tells what its log says when it cannot start', async () => {
    const properties = { 'num.io.threads': 'several' }
    await assert.rejects(startKafka({ dir: join(dir, 'broken'), properties }), /ended at once[^]*num\.io\.threads/)
  })
})

describe('a native S3', () => {
  it('answers, lets no stranger in, and is back after SIGKILL, also with other ports inside', async () => {
    const options = { dir: join(dir, 's3'), port: await freePort() }
    {
      await using s3 = await startS3(options)
      assert.equal((await fetch(`${s3.settings.endpoint}/lake`)).status, 403)
      await s3.kill()
    }
    await using s3 = await startS3(options)
    assert.ok(await answersHttp(`${s3.settings.endpoint}/healthz`))
  })
})

describe('a native Redis', () => {
  it('asks for its password, and only listens here', async () => {
    await using redis = await startRedis({ dir: join(dir, 'redis') })
    assert.ok(await answersRedis(redis.port, redis.settings.password))
    assert.equal(await answersRedis(redis.port, 'guessed'), false)
    assert.equal(await answersRedis(redis.port), false)
  })
})

describe('sharedBacking', () => {
  it('gives everyone the same servers', async () => {
    const [first, second] = await Promise.all([sharedBacking(), sharedBacking()])
    assert.equal(first, second)
    assert.ok(await answersKafka(Number(first.kafka.settings.brokers[0]?.split(':')[1])))
  })
})

describe('freePort', () => {
  it('never gives what is a part of a pair', async () => {
    const pairs = []
    for (let i = 0; i < 20; i += 1) pairs.push(await freePortPair(10_000))
    const all = pairs.flat()
    for (let i = 0; i < 2_000; i += 1) all.push(await freePort())
    assert.equal(new Set(all).size, all.length)
    for (const [first, second] of pairs) assert.equal(second - first, 10_000)
  })

  it('never gives a port twice', async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()))
    assert.equal(new Set(ports).size, 50)
    assert.ok(await isFree(ports[0] ?? 0))
  })
})
