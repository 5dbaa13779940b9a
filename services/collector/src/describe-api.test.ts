import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { bearer, weather } from './testing/fixtures.ts'
import { events, requests } from './testing/bad-inputs.ts'
import { testRestApp, type TestRestApp } from './testing/test-rest-app.ts'

interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

interface Operation {
  readonly responses: Readonly<Record<string, { description: string; content: Record<string, unknown> }>>
}

const authorization = bearer()

describe('/openapi.json', () => {
  it('describes every route, and none that is not there', async () => {
    await using collector = await testRestApp()
    const { paths } = await documentOf(collector)
    const described = Object.entries(paths).flatMap(([url, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${url}`)
    )
    const served: string[] = []
    for (const [method, url] of routesOf(collector.app)) {
      const answer = await collector.app.inject({ method, url, headers: { authorization } })
      assert.notEqual(answer.statusCode, 404, `${method} ${url}`)
      if (answer.statusCode !== 405) served.push(`${method} ${url}`)
    }
    assert.deepEqual(served.toSorted(), described.toSorted())
  })

  it('has every status and code that bad input is answered with', async () => {
    await using collector = await testRestApp()
    const { paths } = await documentOf(collector)
    const inputs = [
      ...requests.map(([, , body, headers]) => ({ body, headers })),
      ...events.map(([, , body]) => ({ body, headers: {} }))
    ]
    const answers = await Promise.all([
      collector.post(JSON.stringify(weather('1'))),
      ...inputs.map(({ body, headers }) => collector.post(body, headers))
    ])
    for (const { status, headers, body } of answers) {
      const response = paths['/v1/events']?.['post']?.responses[status]
      assert.ok(response, String(status))
      assert.deepEqual(Object.keys(response.content), [headers['content-type']])
      if (body.code !== undefined) assert.match(response.description, new RegExp(`\`${body.code}\``))
    }
  })

  it('needs a key like everything else, and takes no other method', async () => {
    await using collector = await testRestApp()
    const url = '/openapi.json'
    assert.equal((await collector.app.inject({ url })).statusCode, 401)
    const posted = await collector.app.inject({ method: 'POST', url, headers: { authorization } })
    assert.deepEqual([posted.statusCode, posted.headers['allow']], [405, 'GET'])
  })
})

async function documentOf({ app }: TestRestApp): Promise<ApiDocument> {
  const answer = await app.inject({ url: '/openapi.json', headers: { authorization } })
  assert.deepEqual([answer.statusCode, answer.headers['content-type']], [200, 'application/json'])
  return answer.json()
}

type Method = 'GET' | 'POST'

/** Every method and path that has a handler, from the tree that Fastify prints. */
function routesOf(app: FastifyInstance): (readonly [Method, string])[] {
  const parents: string[] = []
  return [...app.printRoutes({ commonPrefix: false }).matchAll(/^(.*)[├└]── (\S*) \((.*)\)$/gmu)].flatMap(
    ([, indent = '', piece = '', methods = '']) => {
      const depth = indent.length / 4
      parents.length = depth
      parents[depth] = piece
      return methods.split(', ').map((method) => [method as Method, parents.join('')] as const)
    }
  )
}
