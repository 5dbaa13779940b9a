import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { RefusedError } from '@sluice/events'
import { connectInference } from '@sluice/inference/client'
import { makeCertificates, type Certificates } from '@sluice/testkit'
import { startApi } from './testing/start-api.ts'

let dir: string
let files: Certificates
before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sluice-api-tls-'))
  files = await makeCertificates(dir)
})
after(() => rmSync(dir, { recursive: true }))

const log = { debug: ignore, info: ignore, warn: ignore, error: ignore }

describe('the enrichment API over TLS', () => {
  it('answers who trusts it over gRPC and REST, and refuses plaintext', async () => {
    await using api = await startApi(undefined, { TLS_CERT_FILE: files.server.cert, TLS_KEY_FILE: files.server.key })
    assert.equal((await ask(api.grpcPort, { caFile: files.ca })).version, '10')
    await assert.rejects(ask(api.grpcPort, {}), /^UnavailableError: .*certificate/)
    await assert.rejects(ask(api.grpcPort, null), { code: 'unreachable' })

    const url = `${api.restUrl.replace('http:', 'https:')}/v2/health/ready`
    assert.equal(await statusOf(url, { ca: readFileSync(files.ca, 'utf8') }), 200)
    await assert.rejects(statusOf(url, {}), /certificate/)
    await assert.rejects(fetch(`${api.restUrl}/v2/health/ready`))
  })

  it('demands a certificate of its authority where one is set', async () => {
    await using api = await startApi(undefined, {
      TLS_CERT_FILE: files.server.cert,
      TLS_KEY_FILE: files.server.key,
      TLS_CLIENT_CA_FILE: files.ca
    })
    const { cert: certFile, key: keyFile } = files.client
    assert.equal((await ask(api.grpcPort, { caFile: files.ca, certFile, keyFile })).version, '10')
    await assert.rejects(ask(api.grpcPort, { caFile: files.ca }), { code: 'unreachable' })
  })

  it('is not asked with a file that is not there', async () => {
    await assert.rejects(ask(1, { caFile: join(dir, 'none.pem') }), RefusedError)
  })
})

async function ask(port: number, tls: Parameters<typeof connectInference>[0]['tls'] = null) {
  await using client = await connectInference({ address: `localhost:${port}`, tls, log, deadlineMs: 10_000 })
  return await client.model('likely')
}

function statusOf(url: string, tls: { readonly ca?: string }): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false, ...tls }, (answer) => resolve(answer.resume().statusCode)).on('error', reject)
  })
}

function ignore(): void {
  // nobody reads it
}
