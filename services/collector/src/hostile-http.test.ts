import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { bearer, weather } from './testing/fixtures.ts'
import { testRestApp, type TestRestApp } from './testing/test-rest-app.ts'

/* What only a real socket can carry. */

const authorization = `authorization: ${bearer()}`
const contentType = 'content-type: application/cloudevents+json'
const event = JSON.stringify(weather('1'))

describe('REST on a socket', () => {
  let collector: TestRestApp
  let port: number
  before(async () => {
    collector = await testRestApp({ requestTimeoutMs: 500 })
    await collector.app.listen({ host: '127.0.0.1', port: 0 })
    port = (collector.app.server.address() as AddressInfo).port
  })
  after(() => collector[Symbol.asyncDispose]())

  /** Sends bytes, and returns everything up to the end of the connection. */
  function talk(...pieces: string[]): Promise<{ status: number; text: string }> {
    return new Promise((resolve) => {
      let text = ''
      const socket = connect(port, '127.0.0.1')
      socket.setTimeout(20_000, () => socket.destroy())
      socket.on('data', (chunk) => (text += chunk.toString()))
      socket.on('error', () => {}) // a reset: the answer came before
      socket.on('close', () => resolve({ status: Number(text.slice(9, 12)), text }))
      for (const piece of pieces) socket.write(piece)
    })
  }

  it('takes a good request, chunked too', async () => {
    const sized = await talk(
      head(authorization, contentType, `content-length: ${event.length}`, 'connection: close'),
      event
    )
    assert.equal(sized.status, 202)
    const chunk = `${event.length.toString(16)}\r\n${event}\r\n0\r\n\r\n`
    const chunked = await talk(
      head(authorization, contentType, 'transfer-encoding: chunked', 'connection: close'),
      chunk
    )
    assert.equal(chunked.status, 202)
  })

  it('row 5: a body over the limit is 413 and the connection is closed, whether or not its length is told', async () => {
    const told = await talk(head(authorization, contentType, 'content-length: 2000000'), 'x'.repeat(1_000))
    assert.equal(told.status, 413)
    assert.match(told.text, /connection: close/i)
    const piece = `10000\r\n${'x'.repeat(65_536)}\r\n`
    const untold = await talk(
      head(authorization, contentType, 'transfer-encoding: chunked'),
      ...Array.from({ length: 20 }, () => piece)
    )
    assert.equal(untold.status, 413)
    assert.match(untold.text, /body_too_large/)
  })

  it('row 6: content-length and transfer-encoding together are 400', async () => {
    const { status, text } = await talk(
      head(authorization, contentType, 'content-length: 5', 'transfer-encoding: chunked'),
      '0\r\n\r\n'
    )
    assert.equal(status, 400)
    assert.match(text, /"code":"malformed_request"/)
  })

  it('row 7: a control character in a header is 400', async () => {
    for (const value of ['a\u0001b', 'a\nb', 'a\u0000b']) {
      const { status } = await talk(head(authorization, contentType, `ce-id: ${value}`, 'content-length: 2'), '{}')
      assert.equal(status, 400, JSON.stringify(value))
    }
  })

  it('row 8: 100 KiB of headers are 431', async () => {
    const { status, text } = await talk(head(`x-large: ${'x'.repeat(102_400)}`))
    assert.equal(status, 431)
    assert.match(text, /"code":"headers_too_large"/)
  })

  it('row 9: a body that does not arrive is 408', async () => {
    const { status, text } = await talk(head(authorization, contentType, 'content-length: 100'), '{')
    assert.equal(status, 408)
    assert.match(text, /"code":"request_timeout"/)
  })

  it('row 29: a client that hangs up leaves nothing behind', async () => {
    const socket = connect(port, '127.0.0.1')
    socket.write(head(authorization, contentType, 'content-length: 100') + '{"a":')
    await new Promise((resolve) => socket.once('connect', resolve))
    socket.destroy()
    assert.equal(
      (await talk(head(authorization, contentType, `content-length: ${event.length}`, 'connection: close'), event))
        .status,
      202
    )
    assert.deepEqual(collector.logLines, [])
  })

  it('refuses without reading what comes without a key', async () => {
    const { status, text } = await talk(head(contentType, 'content-length: 2000000'), 'x'.repeat(1_000))
    assert.equal(status, 401)
    assert.match(text, /connection: close/i)
  })

  it('keeps a connection whose small body it did not want', async () => {
    const refused = `${head(contentType, `content-length: ${event.length}`)}${event}`
    const good = `${head(authorization, contentType, `content-length: ${event.length}`, 'connection: close')}${event}`
    const { text } = await talk(refused + good)
    assert.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 401', 'HTTP/1.1 202'])
  })
})

function head(...headers: string[]): string {
  return ['POST /v1/events HTTP/1.1', 'host: x', ...headers, '', ''].join('\r\n')
}
