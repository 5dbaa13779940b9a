import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { sharedBacking, uniqueName } from '@sluice/testkit'

const root = join(import.meta.dirname, '../../..')
const dir = mkdtempSync(join(tmpdir(), 'sluice-jobs-'))
after(() => rmSync(dir, { recursive: true, force: true }))

/** Runs a job as its container does: with its environment and nothing else. */
function runJob(name: string, env: Readonly<Record<string, string>>): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [join(root, 'cli/main.ts'), name], {
    env: { PATH: process.env['PATH'], ...env }
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })))
}

describe('the bucket job', () => {
  it('makes the bucket once, and is content with one that is there', async () => {
    const { s3 } = await sharedBacking()
    const { endpoint, accessKeyId, secretAccessKey } = s3.settings
    const credentials = join(dir, 'aws-credentials')
    writeFileSync(
      credentials,
      `[default]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`
    )
    const env = {
      S3_ENDPOINT: endpoint,
      S3_BUCKET: uniqueName('bucket'),
      AWS_SHARED_CREDENTIALS_FILE: credentials
    }
    for (const made of [true, false]) {
      const { code, output } = await runJob('bucket', env)
      assert.equal(code, 0, output)
      assert.match(output, new RegExp(`"made":${made}`))
    }
  })
})

describe('the topics job', () => {
  it('makes the topics once, and refuses those that differ, naming what', async () => {
    const { kafka } = await sharedBacking()
    const text = readFileSync(join(root, 'schemas/topics.yaml'), 'utf8')
    const own = text.replaceAll(/^( +name: )/gm, `$1${uniqueName('jobs')}.`)
    const env = { KAFKA_BROKERS: kafka.settings.brokers.join(','), SCHEMAS_DIR: dir }
    writeFileSync(join(dir, 'topics.yaml'), own)
    for (const _ of ['first', 'second']) {
      const { code, output } = await runJob('topics', env)
      assert.equal(code, 0, output)
    }
    writeFileSync(join(dir, 'topics.yaml'), own.replaceAll(/^( +partitions: )6/gm, '$17'))
    const { code, output } = await runJob('topics', env)
    assert.equal(code, 78, output)
    assert.match(output, /sluice topics: .*partitions.*7.*6/)
  })

  it('refuses settings that are wrong, all at once', async () => {
    const { code, output } = await runJob('topics', { KAFKA_TLS: 'perhaps', KAFKA_SASL_MECHANISM: 'none' })
    assert.equal(code, 78)
    assert.match(output, /KAFKA_TLS/)
    assert.match(output, /KAFKA_SASL_MECHANISM/)
  })
})
