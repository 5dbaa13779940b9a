import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { sharedBacking } from '@sluice/testkit'

const dir = mkdtempSync(join(tmpdir(), 'sluice-query-'))
after(() => rmSync(dir, { recursive: true, force: true }))

/** Not synchronously: an S3 server of this process must go on. */
function query(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const main = join(import.meta.dirname, '../../main.ts')
  const options = { env: { PATH: process.env['PATH'] ?? '', ...env } }
  return new Promise<{ status: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [main, 'query', ...args], options, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : error.code, stdout, stderr })
    )
  })
}

describe('sluice query', () => {
  it('asks a lake elsewhere, with the credentials of AWS’s default chain', async () => {
    const { endpoint, bucket, accessKeyId, secretAccessKey } = (await sharedBacking()).s3.settings
    const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
    const lake = ['--bucket', bucket, '--endpoint', endpoint, '--prefix', 'nowhere']
    assert.deepEqual(await query(['SELECT 42 AS answer', '--csv', ...lake], env), {
      status: 0,
      stdout: 'answer\r\n42\r\n',
      stderr: ''
    })
    const { status, stderr } = await query(['SELECT * FROM flights', ...lake], env)
    assert.deepEqual(
      { status, stderr },
      { status: 1, stderr: 'sluice query: there is no table flights in nowhere; there are none\n' }
    )
  })

  it('says that nothing runs here, and refuses options that mean nothing', async () => {
    const { status, stderr } = await query(['SELECT 1', '--data-dir', join(dir, 'data')])
    assert.equal(status, 1)
    assert.match(stderr, /nothing runs on .*data: npm start starts it; --bucket names a lake elsewhere/)
    const endpoint = await query(['SELECT 1', '--endpoint', 'http://localhost:1'])
    assert.match(endpoint.stderr, /--endpoint and --region need --bucket/)
    const both = await query(['SELECT 1', '--json', '--csv'])
    assert.match(both.stderr, /--json or --csv, not both/)
  })
})
