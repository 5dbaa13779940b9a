import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openObjectStore, type ObjectStore } from '@sluice/lake'
import { sharedBacking, uniqueName } from '@sluice/testkit'
import { parseAge } from './parse-age.ts'

const prefix = uniqueName('swept')

/** Not synchronously: an S3 server of this process must go on. */
function sweep(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const main = join(import.meta.dirname, '../../main.ts')
  const options = { env: { PATH: process.env['PATH'] ?? '', ...env } }
  return new Promise<{ status: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [main, 'sweep', ...args], options, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : error.code, stdout, stderr })
    )
  })
}

describe('sluice sweep', () => {
  let store: ObjectStore
  let lake: readonly string[] = []
  let env: Readonly<Record<string, string>> = {}

  before(async () => {
    const { endpoint, region, bucket, accessKeyId, secretAccessKey } = (await sharedBacking()).s3.settings
    const credentials = { accessKeyId, secretAccessKey }
    store = openObjectStore({ endpoint, region, bucket, forcePathStyle: true, credentials })
    const actions = [
      { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
      {
        metaData: {
          id: 'x',
          format: { provider: 'parquet' },
          schemaString: '{}',
          partitionColumns: [],
          configuration: {}
        }
      }
    ]
    const log = actions.map((action) => JSON.stringify(action)).join('\n')
    await store.put(`${prefix}/events/_delta_log/${'0'.repeat(20)}.json`, Buffer.from(log))
    await store.put(`${prefix}/events/orphan.parquet`, Buffer.from('x'))
    lake = ['--bucket', bucket, '--endpoint', endpoint, '--prefix']
    env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
  })

  after(() => store?.close())

  it('tells what it did, table by table, and leaves what is young', async () => {
    const { status, stdout, stderr } = await sweep(['--dry-run', ...lake, prefix], env)
    const expected = 'events  0 files (0.0 MB) of 1 would be deleted\n0 files (0.0 MB) would be deleted\n'
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: expected, stderr: '' })
    const json = await sweep(['--json', ...lake, prefix], env)
    assert.deepEqual(JSON.parse(json.stdout), {
      tables: [{ table: 'events', found: 1, deleted: [], problem: null }],
      uploads: { aborted: [], problem: null }
    })
  })

  it('ends with 1 where something was left alone', async () => {
    const at = `${prefix}-2`
    await store.put(`${at}/not_a_table/x.parquet`, Buffer.from('x'))
    const { status, stdout } = await sweep([...lake, at], env)
    assert.equal(status, 1)
    assert.match(stdout, /^not_a_table {2}left alone: there is no log/)
  })

  it('takes an age in words, and none at which files may still be committed', () => {
    assert.deepEqual(['60m', '24h', '7d'].map(parseAge), [3_600_000, 86_400_000, 604_800_000])
    for (const age of ['0h', '59m', '1', 'day', '-1d', '1.5h', ''])
      assert.throws(() => parseAge(age), { message: /--older-than: expected 1h or more, as 90m, 24h or 7d, found/ })
  })
})
