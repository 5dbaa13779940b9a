import assert from 'node:assert/strict'
import { rename, writeFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { RefusedError } from '@sluice/events'
import { waitFor } from '@sluice/testkit'
import { openApiKeys, parseApiKeys } from './api-keys.ts'
import { bearer, keyEntry, rememberingLog, writeKeys } from './testing/fixtures.ts'

describe('openApiKeys', () => {
  it('knows whose key it is, and refuses every other', async () => {
    using keys = await openApiKeys(writeKeys(), { log: rememberingLog() })
    assert.equal(keys.authenticate(bearer())?.id, 'test')
    assert.equal(keys.authenticate(bearer('other'))?.id, 'other')
    const right = bearer().slice('Bearer '.length)
    const wrong = [
      undefined,
      '',
      right,
      'Bearer',
      `Basic ${right}`,
      `Bearer ${right}x`,
      `Bearer ${right.slice(0, -1)}`,
      `Bearer ${right.replace('test.', 'other.')}`,
      `Bearer ${right.replace('test.', 'Test.')}`,
      `Bearer ${right.replace('test.', 'nobody.')}`,
      `Bearer ${right.replace('test.', '__proto__.')}`,
      `Bearer ${right}, Bearer ${right}`,
      bearer('revoked')
    ]
    for (const authorization of wrong) assert.equal(keys.authenticate(authorization), null, authorization)
  })

  it('follows the file, and keeps the keys it has when the file breaks', async () => {
    const path = writeKeys()
    const log = rememberingLog()
    using keys = await openApiKeys(path, { log })

    await writeFile(path, '{"keys":[')
    await waitFor('the broken file to be seen', async () => log.lines.length > 0, { timeoutMs: 20_000 })
    assert.match(log.lines.join(), /stay as they were/)
    assert.equal(keys.authenticate(bearer())?.id, 'test')
    assert.equal(keys.generation(), 0)

    await writeFile(`${path}.new`, JSON.stringify({ keys: [keyEntry('newcomer')] }))
    await rename(`${path}.new`, path)
    await waitFor('the new file to be seen', async () => keys.generation() === 1, { timeoutMs: 20_000 })
    assert.equal(keys.authenticate(bearer()), null)
    assert.equal(keys.authenticate(bearer('newcomer'))?.id, 'newcomer')
    assert.doesNotMatch(log.lines.join(), new RegExp(keyEntry('newcomer').sha256))
  })

  it('refuses to start without a file', async () => {
    await assert.rejects(openApiKeys('/nowhere/api-keys.json', { log: rememberingLog() }), RefusedError)
  })
})

describe('parseApiKeys', () => {
  it('lets one client have two keys while it changes over', () => {
    const second = { ...keyEntry('second'), id: 'test' }
    const entries = parseApiKeys(JSON.stringify({ keys: [keyEntry('test'), second] }))
    assert.equal(entries.get('test')?.length, 2)
  })

  it('names every problem of a file at once', () => {
    const entry = keyEntry('test')
    const keys = [
      { ...entry, id: 'Test' },
      { ...entry, salt: '' },
      { ...entry, sha256: 'abc' },
      { ...entry, sources: 'urn:x' },
      { ...entry, revoked: 'no' }
    ]
    assert.throws(
      () => parseApiKeys(JSON.stringify({ keys })),
      (error: RefusedError) => {
        const names = ['id', 'salt', 'sha256', 'sources', 'revoked']
        names.forEach((name, index) =>
          assert.match(error.problems[index] ?? '', new RegExp(`keys\\[${index}\\]\\.${name}:`))
        )
        return error.problems.length === names.length
      }
    )
    for (const text of ['', '[]', '{}', '{"keys":{}}', '{"keys":[1]}']) {
      assert.throws(() => parseApiKeys(text), RefusedError)
    }
  })
})
