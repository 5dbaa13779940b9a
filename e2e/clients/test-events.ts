import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CloudEvent, HTTP } from 'cloudevents'
import type { Shared } from './run-client.ts'

interface Sent {
  readonly mode: string
  readonly id: string
  readonly status: number
  readonly body: Answer
}

interface Answer {
  readonly code?: string
  readonly results?: readonly { readonly id: string; readonly partition: number; readonly offset: string }[]
}

const attributes = {
  source: 'urn:sluice:demo',
  type: 'weather.observed.v1',
  time: '2013-01-01T06:55:00Z',
  subject: 'Newark Liberty',
  datacontenttype: 'application/json',
  dataschema: 'urn:sluice:weather.observed:1.0',
  count: 5
}
const data = {
  station: 'EWR',
  observed_hour: '2013-01-01T06:00:00Z',
  temperature_f: 39.02,
  dew_point_f: 26.06,
  humidity_percent: 59.37,
  wind_direction_degrees: 270,
  wind_speed_mph: 10.35702,
  wind_gust_mph: null,
  precipitation_inches: 0,
  pressure_millibars: 1012,
  visibility_miles: 10
}

export function testEvents(shared: () => Shared): void {
  describe('the CloudEvents SDK', () => {
    it('of Python is taken in both modes, with every attribute', async () => {
      const { url, key } = place()
      const given = { attributes: { ...attributes, subject: 'Zürich, 100 % "new"' }, data }
      for (const sent of await shared().runner.python<Sent[]>('send_events.py', [url, key], given)) {
        assert.equal(sent.status, 202, JSON.stringify(sent.body))
        const stored = await read(sent.body)
        // HTTP headers have no types: in binary mode an extension is text.
        const count = sent.mode === 'binary' ? '5' : 5
        assert.deepEqual(stored, { ...given.attributes, specversion: '1.0', id: sent.id, count, data })
      }
    })

    it('of JavaScript is taken in both modes, with every attribute', async () => {
      for (const mode of ['binary', 'structured'] as const) {
        const event = new CloudEvent({ ...attributes, data })
        const { status, body } = await post(mode, event)
        assert.equal(status, 202, JSON.stringify(body))
        const count = mode === 'binary' ? '5' : 5
        // It writes every time with milliseconds.
        const time = '2013-01-01T06:55:00.000Z'
        assert.deepEqual(await read(body), { ...attributes, specversion: '1.0', id: event.id, time, count, data })
      }
    })

    it('of JavaScript does not encode its headers, and is told so', async () => {
      const event = new CloudEvent({ ...attributes, subject: 'Zürich', data })
      const { status, body } = await post('binary', event)
      assert.deepEqual([status, body.code], [400, 'envelope'])
      assert.equal((await post('structured', event)).status, 202)
    })
  })

  function place(): { readonly url: string; readonly key: string } {
    const { platform } = shared().run
    const key = platform.credentials().apiKeys['demo'] ?? ''
    return { url: `http://${platform.address('collector', 8080)}/v1/events`, key }
  }

  async function post(mode: 'binary' | 'structured', event: CloudEvent<unknown>) {
    const { url, key } = place()
    const { headers, body } = HTTP[mode](event)
    const all = { ...headers, authorization: `Bearer ${key}` } as unknown as Record<string, string>
    const answer = await fetch(url, { method: 'POST', headers: all, body: body as string })
    return { status: answer.status, body: (await answer.json()) as Answer }
  }

  /** The event in the raw topic, without what the collector adds. */
  async function read({ results }: Answer): Promise<unknown> {
    const [at] = results ?? []
    const code = `kcat -b "$KAFKA" -C -t events.raw -p ${at?.partition} -o ${at?.offset} -c 1 -e -q`
    const stored = JSON.parse(await shared().runner.block({ language: 'sh', code })) as Record<string, unknown>
    const { receivedtime, sourceid, ...event } = stored
    assert.equal(sourceid, 'demo')
    assert.ok(Date.parse(String(receivedtime)) > 0)
    return event
  }
}
