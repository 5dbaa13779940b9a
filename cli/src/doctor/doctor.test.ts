import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadTopics } from '@sluice/contracts'
import { ensureTopics, openKafka } from '@sluice/kafka'
import { repoRoot, sharedBacking, uniqueName } from '@sluice/testkit'
import { silentLog } from '../json-log.ts'
import { readInstance, type InstanceProcess } from '../platform/instance.ts'
import { startPlatform } from '../start-platform.ts'
import { makeToyPlatform, type ToyPlatform } from '../testing/toy-platform.ts'
import { checkFiles, checkMemory } from './check-machine.ts'
import { checkLoss, checkPlatform, checkRejected, checkTopicsOf } from './check-platform.ts'
import type { Finding } from './finding.ts'

/** Runs the command as it is typed. */
function doctor(toy: ToyPlatform, env: Readonly<Record<string, string>> = {}) {
  const args = [join(repoRoot, 'cli/main.ts'), 'doctor', '--json', '--compose-file', toy.composeFile]
  const child = spawn(process.execPath, args, { env: { ...process.env, SLUICE_DATA_DIR: toy.dataDir, ...env } })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  return new Promise<{ code: number | null; findings: readonly Finding[] }>((resolve) =>
    child.once('close', (code) =>
      resolve({ code, findings: (JSON.parse(output) as { findings: readonly Finding[] }).findings })
    )
  )
}

const about = (findings: readonly Finding[], name: string) => findings.filter((finding) => finding.about === name)

describe('the doctor', () => {
  it('names who has a port that the platform needs, and how to go on', async () => {
    using toy = makeToyPlatform()
    await using listener = createServer().listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const { port } = listener.address() as AddressInfo
    const { code, findings } = await doctor(toy, { SLUICE_PORT_WEB_9201: String(port) })
    const [taken] = about(findings, `port ${port}`)
    assert.equal(code, 1)
    assert.equal(taken?.level, 'problem')
    assert.match(taken.found, new RegExp(`of web is taken by process ${process.pid} `))
    assert.match(taken.advice ?? '', /SLUICE_PORT_WEB_9201=/)
  })

  it('sees a service that is down or not ready, one that dies often, and a secret that others can read', async () => {
    using toy = makeToyPlatform()
    await using platform = await startPlatform({
      composeFile: toy.composeFile,
      dataDir: toy.dataDir,
      ports: 'free',
      variables: {}
    })
    const secrets = join(toy.dataDir, 'volumes/secrets')
    const secret = join(secrets, 'redis-password')
    mkdirSync(secrets, { recursive: true })
    chmodSync(secrets, 0o755)
    writeFileSync(secret, 'secret', { mode: 0o600 })
    const look = async (): Promise<readonly Finding[]> => {
      const instance = readInstance(toy.dataDir)
      assert.ok(instance !== null)
      return checkPlatform(instance, 10)
    }
    assert.deepEqual(
      (await look()).filter(({ level }) => level !== 'ok'),
      []
    )

    chmodSync(secret, 0o644)
    writeFileSync(join(toy.dataDir, 'volumes/shared/unready'), '')
    await platform.process('redis').stop()
    const sick = await look()
    assert.deepEqual(about(sick, 'secrets'), [
      { level: 'problem', about: 'secrets', found: `${secret} is open to others`, advice: `chmod 600 ${secret}` }
    ])
    chmodSync(secrets, 0o700)
    assert.deepEqual(
      about(await look(), 'secrets').map(({ level }) => level),
      ['ok'],
      'nobody gets into the folder'
    )
    assert.match(about(sick, 'worker')[0]?.found ?? '', /^not ready: told so$/)
    const [redis] = about(sick, 'redis')
    assert.equal(redis?.level, 'problem')
    assert.match(redis.advice ?? '', /restart redis/)

    rmSync(join(toy.dataDir, 'volumes/shared/unready'))
    for (let n = 0; n < 3; n += 1) {
      await platform.process('worker').kill('SIGKILL')
      await platform.process('worker').ready()
    }
    const [worker] = about(await look(), 'worker')
    assert.equal(worker?.level, 'warning')
    assert.match(worker.found, /started again 3 times/)
  })

  it('says how topics differ from what they should be', async () => {
    const { kafka } = await sharedBacking()
    const dir = mkdtempSync(join(tmpdir(), 'sluice-doctor-'))
    try {
      const text = readFileSync(join(repoRoot, 'schemas/topics.yaml'), 'utf8')
      const own = text.replaceAll(/^( +name: )/gm, `$1${uniqueName('doctor')}.`)
      writeFileSync(join(dir, 'topics.yaml'), own)
      const [broker = ''] = kafka.settings.brokers
      const client = openKafka({ brokers: [broker], clientId: 'test', tls: null, sasl: null }, { log: silentLog })
      await ensureTopics(client, await loadTopics(dir), { log: silentLog, newId: randomUUID })
      const port = Number(broker.split(':')[1])
      const process = { service: 'kafka', ports: { 19092: port }, schemasDir: dir } as unknown as InstanceProcess
      assert.equal((await checkTopicsOf({ processes: [process] }))[0]?.level, 'ok')
      writeFileSync(join(dir, 'topics.yaml'), own.replaceAll(/^( +partitions: )6/gm, '$17'))
      const [differs] = await checkTopicsOf({ processes: [process] })
      assert.equal(differs?.level, 'problem')
      assert.match(differs.found, /partitions.*7.*6/)
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })

  it('knows little memory, few files, records that retention will take, and dead letters that rise', () => {
    assert.equal(checkMemory('MemAvailable: 9000000 kB\n').level, 'ok')
    assert.equal(checkMemory('MemAvailable: 1500000 kB\n').level, 'warning')
    assert.equal(checkMemory('MemAvailable: 200000 kB\n').level, 'problem')
    assert.equal(
      checkFiles('Max open files            1024                 512                  files\n').level,
      'problem'
    )

    const left = (hours: number) => ({
      name: 'sluice_seconds_to_loss',
      labels: { service: 'enricher', topic: 'events.raw', partition: '3' },
      value: hours * 3600
    })
    assert.deepEqual(checkLoss([]), [])
    assert.equal(checkLoss([left(100)])[0]?.level, 'ok')
    const [soon] = checkLoss([left(100), left(0.5)])
    assert.equal(soon?.level, 'problem')
    assert.match(soon.found, /events\.raw\/3 are deleted in 0\.5 hours/)

    const rejected = (value: number) => ({
      name: 'sluice_rejected_total',
      labels: { service: 'enricher', reason: 'contract' },
      value
    })
    assert.equal(checkRejected([rejected(5)], [rejected(5)], 2000)[0]?.level, 'ok')
    const [rising] = checkRejected([rejected(5)], [rejected(9)], 2000)
    assert.equal(rising?.level, 'warning')
    assert.match(rising.found, /4 of reason contract within 2 s/)
  })
})
