import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { credentials, makeGenericClientConstructor, type ChannelCredentials, type ServiceError } from '@grpc/grpc-js'
import { makeCertificates } from '@sluice/testkit'
import { service as healthService } from 'grpc-health-check'
import { bearer, weather } from './testing/fixtures.ts'
import { testGrpcServer } from './testing/test-grpc-server.ts'
import { testRestApp } from './testing/test-rest-app.ts'

interface Pem {
  readonly ca: string
  readonly server: { readonly cert: string; readonly key: string }
  readonly client: { readonly cert: string; readonly key: string }
}

let pem: Pem
before(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-collector-tls-'))
  const { ca, server, client } = await makeCertificates(dir)
  const read = ({ cert, key }: { cert: string; key: string }) => {
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  }
  pem = { ca: readFileSync(ca, 'utf8'), server: read(server), client: read(client) }
  after(() => rmSync(dir, { recursive: true }))
})

describe('REST over TLS', () => {
  it('takes events from who trusts it, and refuses plaintext', async () => {
    await using rest = await listening({ ...pem.server })
    assert.equal(await publish(rest.port, { ca: pem.ca }), 202)
    await assert.rejects(publish(rest.port, {}), /certificate/)
    await assert.rejects(fetch(`http://127.0.0.1:${rest.port}/v1/events`))
  })

  it('demands a certificate of its authority where one is set', async () => {
    await using rest = await listening({ ...pem.server, clientCa: pem.ca })
    assert.equal(await publish(rest.port, { ca: pem.ca, ...pem.client }), 202)
    await assert.rejects(publish(rest.port, { ca: pem.ca }))
    await assert.rejects(publish(rest.port, { ca: pem.ca, ...(await foreign()) }))
  })
})

describe('gRPC over TLS', () => {
  it('answers who trusts it, and refuses plaintext', async () => {
    await using server = await testGrpcServer({ tls: { ...pem.server } })
    assert.equal(await health(server.port, credentials.createSsl(Buffer.from(pem.ca))), 'NOT_SERVING')
    await assert.rejects(health(server.port, credentials.createSsl()), /UNAVAILABLE.*certificate/)
    await assert.rejects(health(server.port, credentials.createInsecure()), /UNAVAILABLE/)
  })

  it('demands a certificate of its authority where one is set', async () => {
    await using server = await testGrpcServer({ tls: { ...pem.server, clientCa: pem.ca } })
    const with_ = ({ cert, key }: Pem['client']) =>
      credentials.createSsl(Buffer.from(pem.ca), Buffer.from(key), Buffer.from(cert))
    assert.equal(await health(server.port, with_(pem.client)), 'NOT_SERVING')
    await assert.rejects(health(server.port, credentials.createSsl(Buffer.from(pem.ca))), /UNAVAILABLE/)
    await assert.rejects(health(server.port, with_(await foreign())), /UNAVAILABLE/)
  })
})

/** A certificate of another authority. */
async function foreign(): Promise<Pem['client']> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-foreign-'))
  const { client } = await makeCertificates(dir)
  const read = { cert: readFileSync(client.cert, 'utf8'), key: readFileSync(client.key, 'utf8') }
  rmSync(dir, { recursive: true })
  return read
}

async function listening(tls: Pem['server'] & { readonly clientCa?: string }) {
  const { app, ...collector } = await testRestApp({ tls })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { ...collector, port: (app.server.address() as AddressInfo).port }
}

/** Posts an event, and returns the status of the answer. */
function publish(port: number, tls: { readonly ca?: string; readonly cert?: string; readonly key?: string }) {
  const headers = { authorization: bearer(), 'content-type': 'application/cloudevents+json' }
  const at = { host: '127.0.0.1', port, path: '/v1/events', method: 'POST', headers, agent: false, ...tls }
  return new Promise<number | undefined>((resolve, reject) => {
    const posting = request(at, (answer) => resolve(answer.resume().statusCode))
    posting.on('error', reject)
    posting.end(JSON.stringify(weather('1')))
  })
}

/** Asks the one service that needs no key. */
function health(port: number, security: ChannelCredentials): Promise<string | undefined> {
  const Health = makeGenericClientConstructor(healthService, 'Health')
  const client = new Health(`localhost:${port}`, security)
  const methods = client as unknown as Record<string, (...args: unknown[]) => void>
  return new Promise<string | undefined>((resolve, reject) => {
    const deadline = Date.now() + 10_000
    methods['check']?.({}, { deadline }, (error: ServiceError | null, answer?: { status: string }) => {
      if (error) reject(error)
      else resolve(answer?.status)
    })
  }).finally(() => client.close())
}
