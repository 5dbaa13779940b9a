import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { RefusedError } from '@sluice/events'
import { makeCertificates, type Certificates } from '@sluice/testkit'
import { kafkaSettings, kafkaSettingsOf } from './groups.ts'
import { readSettings } from './settings.ts'
import { clientTlsOf, serverTlsOf, serverTlsSettings } from './tls.ts'

const dir = mkdtempSync(join(tmpdir(), 'sluice-tls-'))
let files: Certificates
before(async () => (files = await makeCertificates(dir)))
after(() => rmSync(dir, { recursive: true }))

describe('the TLS settings of a server', () => {
  it('are none by default, and the texts of the files else', () => {
    assert.equal(server({}), null)
    const tls = server({ TLS_CERT_FILE: files.server.cert, TLS_KEY_FILE: files.server.key })
    assert.match(tls?.cert ?? '', /BEGIN CERTIFICATE/)
    assert.match(tls?.key ?? '', /BEGIN PRIVATE KEY/)
    assert.equal(tls?.clientCa, undefined)
  })

  it('go together', () => {
    for (const one of ['TLS_CERT_FILE', 'TLS_KEY_FILE', 'TLS_CLIENT_CA_FILE']) {
      assert.match(
        refusalOf(() => server({ [one]: files.ca })),
        /^TLS_CERT_FILE and TLS_KEY_FILE go together/
      )
    }
  })

  it('refuse a key that everyone can read, a file that is not there, and a key of another certificate', () => {
    const given = { TLS_CERT_FILE: files.server.cert, TLS_KEY_FILE: files.server.key }
    chmodSync(files.server.key, 0o644)
    assert.match(
      refusalOf(() => server(given)),
      /^TLS_KEY_FILE is ".*server\.key", which everyone can read/
    )
    chmodSync(files.server.key, 0o640)
    assert.ok(server(given))
    const gone = { ...given, TLS_CLIENT_CA_FILE: join(dir, 'none.pem') }
    assert.match(
      refusalOf(() => server(gone)),
      /^TLS_CLIENT_CA_FILE is ".*none\.pem", which cannot be read: ENOENT/
    )
    const others = { ...given, TLS_KEY_FILE: files.client.key }
    assert.match(
      refusalOf(() => server(others)),
      /expected a certificate and its key in PEM, found .*mismatch/
    )
  })
})

describe('the TLS settings of a client', () => {
  it('are checked alike for every server that is called', () => {
    const none = { caFile: undefined, certFile: undefined, keyFile: undefined }
    assert.equal(clientTlsOf('X_TLS', false, none), null)
    assert.deepEqual(clientTlsOf('X_TLS', true, { ...none, caFile: files.ca }), { caFile: files.ca })
    assert.match(
      refusalOf(() => clientTlsOf('X_TLS', false, { ...none, caFile: files.ca })),
      /^X_TLS is false, expected true beside X_TLS_\*_FILE$/
    )
    assert.match(
      refusalOf(() => clientTlsOf('X_TLS', true, { ...none, certFile: files.client.cert })),
      /^X_TLS_CERT_FILE and X_TLS_KEY_FILE go together/
    )
  })

  it('refuse a key that everyone can read, for Kafka as well', () => {
    const { cert, key } = files.client
    chmodSync(key, 0o604)
    const env = { KAFKA_TLS: 'true', KAFKA_TLS_CERT_FILE: cert, KAFKA_TLS_KEY_FILE: key }
    const refusal = refusalOf(() => kafkaSettingsOf(readSettings(kafkaSettings, env), 'me'))
    assert.match(refusal, /^KAFKA_TLS_KEY_FILE is ".*client\.key", which everyone can read or change/)
    chmodSync(key, 0o600)
    assert.ok(kafkaSettingsOf(readSettings(kafkaSettings, env), 'me').tls)
  })
})

function server(env: Readonly<Record<string, string>>) {
  return serverTlsOf(readSettings(serverTlsSettings, env))
}

function refusalOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof RefusedError)
    return error.problems.join('\n')
  }
  assert.fail('nothing was refused')
}
