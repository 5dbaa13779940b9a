import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { clients, makeSecrets } from './secrets.ts'

const ids = Object.keys(clients)
const keyFiles = ids.map((id) => `api-key-${id}`)
const names = [...keyFiles, 'api-keys.json', 'aws-credentials', 'redis-password', 'redis.conf', 's3.json'].toSorted()

describe('makeSecrets', () => {
  it('makes every file, those of ours for the owner alone', async () => {
    await using folder = await temporaryFolder()
    const dir = join(folder.path, 'secrets')
    assert.deepEqual((await makeSecrets({ dir })).toSorted(), names)
    assert.deepEqual((await readdir(dir)).toSorted(), names)
    assert.equal(await mode(dir), 0o700)
    for (const name of names) {
      assert.equal(await mode(join(dir, name)), name === 's3.json' || name === 'redis.conf' ? 0o644 : 0o600, name)
    }
  })

  it('changes nothing when it runs again', async () => {
    await using folder = await temporaryFolder()
    await makeSecrets({ dir: folder.path })
    const before = await contents(folder.path)
    assert.deepEqual(await makeSecrets({ dir: folder.path }), [])
    assert.deepEqual(await contents(folder.path), before)
  })

  it('completes a run that was cut off at any file, with secrets that fit each other', async () => {
    for (const lost of names) {
      await using folder = await temporaryFolder()
      await makeSecrets({ dir: folder.path })
      await rm(join(folder.path, lost))
      const written = await makeSecrets({ dir: folder.path })
      assert.ok(written.includes(lost))
      await assertThatTheyFit(folder.path)
    }
  })

  it('keeps what an operator did to the key file', async () => {
    await using folder = await temporaryFolder()
    await makeSecrets({ dir: folder.path })
    const path = join(folder.path, 'api-keys.json')
    const file = JSON.parse(await readFile(path, 'utf8')) as KeyFile
    const edited = {
      keys: [{ id: 'partner', salt: '00', sha256: 'ff', sources: ['urn:partner'], revoked: true }, ...file.keys]
    }
    await writeFile(path, JSON.stringify(edited))
    await rm(join(folder.path, 'api-key-demo'))
    await makeSecrets({ dir: folder.path })
    const after = JSON.parse(await readFile(path, 'utf8')) as KeyFile
    assert.deepEqual(after.keys.slice(0, -1), edited.keys)
    assert.deepEqual(
      after.keys.map(({ id }) => id),
      ['partner', ...ids, 'demo']
    )
  })
})

interface KeyFile {
  keys: { id: string; salt: string; sha256: string; sources: string[]; revoked: boolean }[]
}

async function assertThatTheyFit(dir: string): Promise<void> {
  const text = async (name: string) => readFile(join(dir, name), 'utf8')
  const s3 = JSON.parse(await text('s3.json')) as {
    identities: [{ credentials: [{ accessKey: string; secretKey: string }] }]
  }
  const [{ accessKey, secretKey }] = s3.identities[0].credentials
  const credentials = await text('aws-credentials')
  assert.ok(credentials.includes(accessKey) && credentials.includes(secretKey), 's3.json fits aws-credentials')
  const password = (await text('redis-password')).trim()
  assert.ok((await text('redis.conf')).includes(`requirepass ${password}\n`), 'redis.conf fits redis-password')
  const { keys } = JSON.parse(await text('api-keys.json')) as KeyFile
  for (const id of ids) {
    const [keyId, secret] = (await text(`api-key-${id}`)).trim().split('.')
    assert.equal(keyId, id)
    assert.equal(Buffer.from(String(secret), 'base64url').length, 32)
    const hash = (salt: string) =>
      createHash('sha256')
        .update(Buffer.concat([Buffer.from(salt, 'hex'), Buffer.from(String(secret))]))
        .digest('hex')
    assert.ok(
      keys.some((key) => key.id === id && key.sha256 === hash(key.salt) && key.sources[0] === `urn:sluice:${id}`),
      id
    )
  }
}

async function contents(dir: string): Promise<Record<string, string>> {
  const entries = await Promise.all(
    (await readdir(dir)).map(async (name) => [name, await readFile(join(dir, name), 'utf8')])
  )
  return Object.fromEntries(entries)
}

async function mode(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777
}

async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'sluice-secrets-'))
  return { path, [Symbol.asyncDispose]: async () => rm(path, { recursive: true, force: true }) }
}
