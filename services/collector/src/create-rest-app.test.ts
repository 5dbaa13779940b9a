import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { waitFor } from '@sluice/testkit'
import { bearer, contracts, weather } from './testing/fixtures.ts'
import { handLanes } from './testing/hand-lanes.ts'
import { testRestApp } from './testing/test-rest-app.ts'

const batch = { 'content-type': 'application/cloudevents-batch+json' }

describe('POST /v1/events', () => {
  it('answers 202 with the place of the event, in all three content modes', async () => {
    await using collector = await testRestApp()
    const { data, ...attributes } = weather('1')
    const structured = await collector.post(JSON.stringify(weather('1')))
    assert.equal(structured.status, 202)
    assert.equal(structured.headers['content-type'], 'application/json')
    assert.deepEqual(structured.body.results, [{ id: '1', status: 202, partition: 1, offset: '0' }])

    const batched = await collector.post(JSON.stringify([weather('2'), weather('3')]), batch)
    assert.deepEqual(
      batched.body.results?.map(({ id, status, offset }) => [id, status, offset]),
      [
        ['2', 202, '1'],
        ['3', 202, '2']
      ]
    )

    const { datacontenttype, ...headers } = attributes
    const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [`ce-${name}`, String(value)]))
    const binary = await collector.post(JSON.stringify(data), { 'content-type': String(datacontenttype), ...named })
    assert.deepEqual(binary.body.results, [{ id: '1', status: 202, partition: 1, offset: '3' }])
    const [first, , , last] = collector.lanes.sent
    assert.deepEqual(read(last?.record.value), read(first?.record.value))
  })

  it('adds when it came and by which key, keeps data last, and changes nothing else', async () => {
    await using collector = await testRestApp()
    const before = Date.now()
    const event = weather('1', { data: { station: 'EWR' }, subject: 'caf\u00e9', zebra: 7, traceparent: 'x' })
    await collector.post(JSON.stringify(event), {
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    })
    const [sent] = collector.lanes.sent
    assert.ok(sent)
    const stored = JSON.parse(sent.record.value.toString()) as Record<string, unknown>
    const { receivedtime, sourceid, ...rest } = stored
    assert.deepEqual(rest, event)
    assert.equal(sourceid, 'test')
    assert.match(String(receivedtime), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    assert.ok(Date.parse(String(receivedtime)) >= before)
    assert.equal(Object.keys(stored).at(-1), 'data')
    assert.deepEqual(sent.record.headers, {
      'content-type': 'application/cloudevents+json',
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    })
  })

  it('uses the key of the contract, and the id of the event where there is none', async () => {
    await using collector = await testRestApp()
    await collector.post(JSON.stringify(weather('1')))
    await collector.post(JSON.stringify(weather('no-station', { data: { temperature_f: '5' } })))
    assert.deepEqual(
      collector.lanes.sent.map(({ record }) => record.key?.toString()),
      ['EWR', 'no-station']
    )
  })

  it('answers 207 when it refused some for their content and has the others', async () => {
    await using collector = await testRestApp()
    const events = Array.from({ length: 100 }, (_, i) => weather(`${i}`))
    const text = JSON.stringify([
      ...events.slice(0, 97),
      { ...weather('97'), type: 'flight.lost.v1' },
      { ...weather('98'), source: 'urn:test:other' },
      { ...weather('99'), data: 'UNSAFE' }
    ]).replace('"UNSAFE"', '9007199254740993')
    const { status, body } = await collector.post(text, batch)
    assert.equal(status, 207)
    assert.deepEqual(
      body.results?.map((result) => result.status),
      [...events.slice(0, 97).map(() => 202), 422, 403, 400]
    )
    assert.deepEqual(
      body.results?.slice(97).map(({ code, pointer }) => [code, pointer]),
      [
        ['unknown_type', '/type'],
        ['forbidden_source', '/source'],
        ['unsafe_integer', '/data']
      ]
    )
    assert.equal(collector.lanes.sent.length, 97)
  })

  it('answers 503 when one is in doubt, whatever became of the others, and says which', async () => {
    const lanes = handLanes()
    await using collector = await testRestApp({ lanes, answerMs: 60_000 })
    const answer = collector.post(
      JSON.stringify([weather('1'), weather('2', { type: 'nothing' }), weather('3', { data: { station: 'LGA' } })]),
      batch
    )
    await waitFor('both to be sent', () => lanes.sent.length === 2, { timeoutMs: 20_000 })
    lanes.sent[0]?.acknowledge()
    lanes.sent[1]?.fail()
    const { status, headers, body } = await answer
    assert.equal(status, 503)
    assert.equal(headers['retry-after'], '1')
    assert.equal(headers['content-type'], 'application/problem+json')
    assert.equal(body.code, 'in_doubt')
    assert.deepEqual(
      body.results?.map((result) => [result.id, result.status, result.code]),
      [
        ['1', 202, undefined],
        ['2', 422, 'unknown_type'],
        ['3', 503, 'in_doubt']
      ]
    )
  })

  it('answers 503 in time when no acknowledgement comes', async () => {
    await using collector = await testRestApp({ lanes: handLanes(), answerMs: 30 })
    const { status, body } = await collector.post(JSON.stringify([weather('1'), weather('2')]), batch)
    assert.equal(status, 503)
    assert.deepEqual(
      body.results?.map(({ code }) => code),
      ['in_doubt', 'retry_in_order']
    )
  })

  it('answers 503 at once while it cannot take events, and when too much is in flight', async () => {
    await using away = await testRestApp({ problem: () => 'the topics have not been checked yet' })
    const refused = await away.post(JSON.stringify(weather('1')))
    assert.equal(refused.status, 503)
    assert.equal(refused.body.code, 'not_ready')
    assert.equal(away.lanes.sent.length, 0)

    await using small = await testRestApp({ maxInFlightBytes: 100 })
    const full = await small.post(JSON.stringify(weather('1')))
    assert.equal(full.status, 503)
    assert.equal(full.body.code, 'overloaded')
  })

  it('answers 429 to a key that sends too much, and says when to come back', async () => {
    await using collector = await testRestApp({ eventsPerSecond: 1 })
    const ten = JSON.stringify(Array.from({ length: 10 }, (_, i) => weather(`${i}`)))
    assert.equal((await collector.post(ten, batch)).status, 202)
    const { status, headers, body } = await collector.post(ten, batch)
    assert.equal(status, 429)
    assert.equal(headers['retry-after'], '10')
    assert.equal(body.code, 'over_quota')
  })

  it('counts what came, what went and what was refused, and logs nothing', async () => {
    await using collector = await testRestApp()
    await collector.post(JSON.stringify([weather('1'), weather('2'), weather('3', { type: 'nothing.known' })]), batch)
    await collector.post('{', {})
    assert.deepEqual(Object.fromEntries(collector.counts), {
      'received rest weather.observed.v1': 2,
      'received rest unknown': 1,
      'rejected unknown_type': 1,
      'rejected invalid_json': 1,
      [`sent ${contracts.topics.raw.name} weather.observed.v1`]: 2,
      'latency durable': 2
    })
    assert.deepEqual(collector.logLines, [])
  })
})

describe('POST /v1/events/validate', () => {
  it('says what the contract will say, and stores nothing', async () => {
    await using collector = await testRestApp()
    const events = [
      weather('good'),
      weather('integer-as-text', { data: { ...(weather('1').data as object), wind_direction_degrees: '270' } }),
      weather('unknown-field', { data: { ...(weather('1').data as object), mood: 'grey' } }),
      weather('of-1999', { time: '1999-01-01T00:00:00Z' }),
      weather('no-such-type', { type: 'weather.guessed.v1' })
    ]
    const { status, body } = await collector.post(JSON.stringify(events), batch, '/v1/events/validate')
    assert.equal(status, 207)
    assert.deepEqual(
      body.results?.map(({ id, status, code, pointer }) => [id, status, code, pointer]),
      [
        ['good', 200, undefined, undefined],
        ['integer-as-text', 422, 'contract', '/data/wind_direction_degrees'],
        ['unknown-field', 422, 'contract', '/data/mood'],
        ['of-1999', 422, 'clock_skew', '/time'],
        ['no-such-type', 422, 'unknown_type', '/type']
      ]
    )
    const one = await collector.post(JSON.stringify(weather('good')), {}, '/v1/events/validate')
    assert.equal(one.status, 200)
    assert.equal(collector.lanes.sent.length, 0)
  })
})

describe('every route', () => {
  it('asks for a key before anything else, and answers any other method with 405', async () => {
    await using collector = await testRestApp()
    const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
    for (const url of ['/v1/events', '/v1/events/validate', '/', '/v1', '/metrics', '/v1/events/', '/v1/nothing']) {
      for (const method of methods) {
        const isRoute = url.startsWith('/v1/events') && !url.endsWith('/')
        for (const authorization of [undefined, 'Bearer x', bearer('nobody'), bearer('revoked')]) {
          const { statusCode, headers } = await collector.app.inject({
            method,
            url,
            headers: { ...(authorization && { authorization }) }
          })
          assert.equal(statusCode, 401, `${method} ${url}`)
          assert.equal(headers['www-authenticate'], 'Bearer')
        }
        if (isRoute && method === 'POST') continue
        const { statusCode, headers } = await collector.app.inject({
          method,
          url,
          headers: { authorization: bearer() }
        })
        assert.equal(statusCode, isRoute ? 405 : 404, `${method} ${url}`)
        if (isRoute) assert.equal(headers['allow'], 'POST')
      }
    }
  })

  it('lets a key write its own sources only', async () => {
    await using collector = await testRestApp()
    const mine = JSON.stringify(weather('1'))
    assert.equal((await collector.post(mine)).status, 202)
    const { status, body } = await collector.post(mine, { authorization: bearer('other') })
    assert.equal(status, 403)
    assert.equal(body.code, 'forbidden_source')
    assert.equal((await collector.post(mine, { authorization: bearer('other') }, '/v1/events/validate')).status, 403)
  })

  it('denies a route that someone adds', async () => {
    await using collector = await testRestApp()
    collector.app.get('/debug', () => 'secrets')
    assert.equal((await collector.app.inject('/debug')).statusCode, 401)
  })
})

function read(value: Buffer | undefined): unknown {
  const { receivedtime: _, ...event } = JSON.parse(value?.toString() ?? '{}') as Record<string, unknown>
  return event
}
