import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { bearer } from './testing/fixtures.ts'
import { testRestApp } from './testing/test-rest-app.ts'

const schemasDir = join(import.meta.dirname, '../../../schemas')
const authorization = bearer()

describe('/v1/schemas', () => {
  it('lists every contract, and serves each as its file has it', async () => {
    await using collector = await testRestApp()
    const listed = await collector.app.inject({ url: '/v1/schemas', headers: { authorization } })
    assert.deepEqual([listed.statusCode, listed.headers['content-type']], [200, 'application/json'])
    const { schemas } = listed.json<{ schemas: { type: string; url: string; version: string }[] }>()
    const files = readdirSync(schemasDir).filter((name) => name.endsWith('.json'))
    assert.deepEqual(
      schemas.map(({ type }) => `${type}.json`),
      files.toSorted()
    )
    for (const { type, url, version } of schemas) {
      const served = await collector.app.inject({ url, headers: { authorization } })
      const file = JSON.parse(readFileSync(join(schemasDir, `${type}.json`), 'utf8'))
      assert.deepEqual(served.json(), file)
      assert.equal(file['x-contract'].version, version)
    }
  })

  it('needs a key like everything else, is read only, and knows no other type', async () => {
    await using collector = await testRestApp()
    for (const url of ['/v1/schemas', '/v1/schemas/weather.observed.v1']) {
      assert.equal((await collector.app.inject({ url })).statusCode, 401)
      assert.equal((await collector.app.inject({ url, headers: { authorization: 'Bearer no.body' } })).statusCode, 401)
      for (const method of ['POST', 'PUT', 'DELETE'] as const) {
        const answer = await collector.app.inject({ method, url, headers: { authorization } })
        assert.deepEqual([answer.statusCode, answer.headers['allow']], [405, 'GET'])
      }
    }
    for (const url of [
      '/v1/schemas/none.such.v1',
      '/v1/schemas/',
      '/v1/schemas/..%2ftopics.yaml',
      '/v1/schemas/topics.yaml'
    ]) {
      assert.equal((await collector.app.inject({ url, headers: { authorization } })).statusCode, 404, url)
      assert.equal((await collector.app.inject({ url })).statusCode, 401, url)
    }
  })
})
