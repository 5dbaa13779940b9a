import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './native/run.ts'

/** PEM files in one folder: an authority of its own, and what it has signed. Keys have mode 0600. */
export interface Certificates {
  readonly ca: string
  /** For `localhost` and 127.0.0.1. */
  readonly server: CertificateFiles
  readonly client: CertificateFiles
}

export interface CertificateFiles {
  readonly cert: string
  readonly key: string
  /** Both in one file, as Kafka takes them. */
  readonly both: string
}

/** Makes certificates for the tests of TLS, by openssl, valid for two days. */
export async function makeCertificates(dir: string): Promise<Certificates> {
  const ca = join(dir, 'ca.pem')
  const caKey = join(dir, 'ca.key')
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  await run('openssl', ['req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=test-ca', '-keyout', caKey, '-out', ca])

  async function sign(name: string, extensions: string): Promise<CertificateFiles> {
    const file = (end: string) => join(dir, `${name}.${end}`)
    const [cert, key, both] = [file('pem'), file('key'), file('both')]
    const [request, config] = [file('csr'), file('cnf')]
    await run('openssl', ['req', ...newKey, '-subj', `/CN=${name}`, '-keyout', key, '-out', request])
    writeFileSync(config, extensions)
    const authority = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial']
    await run('openssl', ['x509', '-req', '-in', request, ...authority, '-days', '2', '-extfile', config, '-out', cert])
    writeFileSync(both, readFileSync(key), { mode: 0o600 })
    appendFileSync(both, readFileSync(cert))
    return { cert, key, both }
  }

  return {
    ca,
    server: await sign('server', 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n'),
    client: await sign('client', 'extendedKeyUsage=clientAuth\n')
  }
}
