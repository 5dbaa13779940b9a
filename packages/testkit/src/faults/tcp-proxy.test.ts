import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { waitFor } from '../wait-for.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

describe('a link that is broken on purpose', () => {
  let server: Server
  let proxy: TcpProxy
  const heard: string[] = []
  const sockets = new Set<Socket>()

  before(async () => {
    server = createServer((socket) => {
      socket.on('data', (chunk) => {
        heard.push(chunk.toString())
        socket.write(`echo ${chunk.toString()}`)
      })
      socket.on('error', () => undefined)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  after(() => server.close())
  beforeEach(async () => {
    heard.length = 0
    const labelOf = (first: Buffer) => first.toString().split(' ')[0] ?? null
    proxy = await startTcpProxy({ target: (server.address() as AddressInfo).port, labelOf })
  })
  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    await proxy[Symbol.asyncDispose]()
  })

  it('passes everything while nothing is wrong', async () => {
    assert.equal(await ask('hello'), 'echo hello')
  })

  it('refuses connections, and takes them again', async () => {
    await proxy.set({ kind: 'refused' })
    await assert.rejects(ask('hello'), /ECONNREFUSED/)
    await proxy.set(null)
    assert.equal(await ask('hello'), 'echo hello')
  })

  it('resets the connections of one label and no other', async () => {
    await proxy.set({ kind: 'reset' }, 'bad')
    await assert.rejects(ask('bad one'), /ECONNRESET/)
    assert.equal(await ask('good one'), 'echo good one')
    assert.deepEqual(heard, ['good one'])
  })

  it('stays open and says nothing, half-open; the connection is gone once that is over', async () => {
    await proxy.set({ kind: 'half-open' })
    const asked = ask('hello')
    assert.equal(await Promise.race([asked.catch(() => 'died'), later(500)]), 'nothing yet')
    await proxy.set(null)
    await assert.rejects(asked, /ECONNRESET/)
    assert.deepEqual(heard, [])
  })

  it('is slow in both directions', async () => {
    await proxy.set({ kind: 'slow', delayMs: 60 })
    const began = performance.now()
    assert.equal(await ask('hello'), 'echo hello')
    assert.ok(performance.now() - began >= 118)
  })

  it('cuts an answer in the middle', async () => {
    await proxy.set({ kind: 'cut', afterBytes: 4 })
    await assert.rejects(ask('hello'), /ECONNRESET/)
    assert.deepEqual(heard, ['hello'])
  })

  it('loses the answer to a request that was carried out', async () => {
    await proxy.set({ kind: 'lose-answers', afterMs: 20 })
    await assert.rejects(ask('hello'), /ECONNRESET/)
    assert.deepEqual(heard, ['hello'])
  })

  it('delivers a held request although its sender has given up', async () => {
    await proxy.set({ kind: 'hold', ms: 1_000 })
    const socket = open()
    socket.write('late')
    setTimeout(() => socket.destroy(), 20)
    await once(socket, 'close')
    assert.deepEqual(heard, [])
    await waitFor('the request', async () => heard.length > 0, { timeoutMs: 10_000, intervalMs: 5 })
    assert.deepEqual(heard, ['late'])
  })

  function open(): Socket {
    const socket = connect(proxy.port, '127.0.0.1')
    sockets.add(socket)
    return socket
  }

  async function ask(text: string): Promise<string> {
    const socket = open()
    socket.write(text)
    return await new Promise<string>((resolve, reject) => {
      let answer = ''
      socket.on('data', (chunk) => {
        answer += chunk.toString()
        if (answer.length === `echo ${text}`.length) resolve(answer)
      })
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('closed')))
    })
  }

  async function later(ms: number): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, ms))
    return 'nothing yet'
  }
})
