import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { acceptable, batch, data, events, eventWith, requests, shortOf } from './testing/bad-inputs.ts'
import { bearer, weather } from './testing/fixtures.ts'
import { takeStored } from './testing/hand-lanes.ts'
import { testRestApp, type TestRestApp } from './testing/test-rest-app.ts'

describe('bad input over REST', () => {
  let collector: TestRestApp
  before(async () => (collector = await testRestApp()))
  after(() => collector[Symbol.asyncDispose]())

  for (const [row, what, body, headers, expected] of requests) {
    it(`row ${row}: ${what}`, async () => {
      const answer = await collector.post(body, headers)
      assert.equal(answer.headers['content-type'], 'application/problem+json')
      assert.deepEqual(shortOf(answer.status, answer.body, expected), expected)
      assert.equal(collector.lanes.sent.length, 0)
    })
  }

  for (const name of ['NaN', 'Infinity']) {
    it(`row 19: ${name}`, async () => {
      const { status, body } = await collector.post(data(`{"a":${name}}`))
      assert.deepEqual([status, body.code], [400, 'invalid_json'])
    })
  }

  for (const [row, what, text, expected] of events) {
    it(`row ${row}: ${what}`, async () => {
      const answer = await collector.post(text)
      assert.equal(answer.status, expected.status)
      const [result] = answer.body.results ?? []
      assert.deepEqual(shortOf(result?.status, result, expected), expected)
      assert.equal(collector.lanes.sent.length, 0)
    })

    it(`row ${row}: ${what}, between two good ones`, async () => {
      const [before, after] = ['0', '2'].map((id) => JSON.stringify(weather(id)))
      const body = Buffer.concat([Buffer.from(`[${before},`), Buffer.from(text), Buffer.from(`,${after}]`)])
      const { status, body: answer } = await collector.post(body, batch)
      assert.equal(status, 207)
      const [first, bad, last] = answer.results ?? []
      assert.deepEqual([first?.status, last?.status], [202, 202])
      assert.deepEqual(shortOf(bad?.status, bad, expected), expected)
      assert.equal(collector.lanes.sent.splice(0).length, 2)
    })
  }

  it('row 24: names the types that it knows', async () => {
    const { body } = await collector.post(eventWith({ type: 'weather.guessed.v1' }))
    assert.match(String(body.detail), /flight\.cancelled\.v1, .*weather\.observed\.v1/)
  })

  it('row 26: a key in the query is refused, and appears nowhere', async () => {
    const { app } = collector
    const url = `/v1/events?key=${bearer().slice(7)}`
    const answer = await app.inject({
      method: 'POST',
      url,
      payload: JSON.stringify(weather('1')),
      headers: { 'content-type': 'application/json' }
    })
    assert.equal(answer.statusCode, 400)
    assert.equal(answer.json().code, 'unexpected_query')
    assert.ok(!answer.body.includes(bearer().slice(12)))
    assert.deepEqual(collector.logLines, [])
  })

  it('row 30: unknown paths are 404, bad ones 400, without a stack', async () => {
    const headers = { authorization: bearer() }
    for (const url of ['//v1/events', '/v1/events/..', '/v1/%2e%2e/etc', `/v1/${'x'.repeat(200)}`, '/v1/events%00']) {
      const answer = await collector.app.inject({ method: 'POST', url, headers })
      assert.equal(answer.statusCode, 404, url)
      assert.equal(answer.json().code, 'not_found')
    }
    const bad = await collector.app.inject({ method: 'POST', url: '/v1/%zz', headers })
    assert.deepEqual([bad.statusCode, bad.json().code], [400, 'malformed_request'])
    assert.ok(!bad.body.includes('.js'))
  })

  for (const [row, what, text, stored] of acceptable) {
    it(`row ${row}: ${what} is accepted`, async () => {
      assert.equal((await collector.post(text)).status, 202)
      assert.deepEqual(takeStored(collector.lanes), JSON.parse(stored))
    })
  }
})
