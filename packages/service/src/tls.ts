import { readFileSync, statSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { RefusedError } from '@sluice/events'
import { setting } from './setting.ts'
import type { SettingsValues } from './settings.ts'

/** Settings of what a service listens on for clients; `serverTlsOf` reads the files. */
export const serverTlsSettings = {
  TLS_CERT_FILE: setting.path({
    optional: true,
    doc: 'PEM file of the certificate of REST and gRPC, with its chain; without it they are not encrypted. Read at start.'
  }),
  TLS_KEY_FILE: setting.path({ optional: true, doc: 'PEM file of its key, which not everyone may be able to read.' }),
  TLS_CLIENT_CA_FILE: setting.path({
    optional: true,
    doc: 'PEM file of the authorities one of which must have signed the certificate of every client; without it clients need none.'
  })
} as const

/** PEM texts. */
export interface ServerTls {
  readonly cert: string
  readonly key: string
  /** Clients need a certificate of these authorities; absent: they need none. */
  readonly clientCa?: string
}

/** What to listen with; null: in plaintext. Throws RefusedError with everything that is wrong with the files. */
export function serverTlsOf(values: SettingsValues<typeof serverTlsSettings>): ServerTls | null {
  const { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile, TLS_CLIENT_CA_FILE: clientCaFile } = values
  if (certFile === undefined && keyFile === undefined && clientCaFile === undefined) return null
  if (certFile === undefined || keyFile === undefined) {
    const files = 'TLS_CERT_FILE and TLS_KEY_FILE'
    throw new RefusedError([`${files} go together, also with TLS_CLIENT_CA_FILE, found only some of them`])
  }
  const problems = problemOfKeyFile('TLS_KEY_FILE', keyFile)
  const read = (name: string, path: string) => {
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      problems.push(`${name} is "${path}", which cannot be read: ${(error as Error).message}`)
      return ''
    }
  }
  const cert = read('TLS_CERT_FILE', certFile)
  const key = read('TLS_KEY_FILE', keyFile)
  const clientCa = clientCaFile === undefined ? undefined : read('TLS_CLIENT_CA_FILE', clientCaFile)
  if (problems.length === 0) problems.push(...problemOfPair(cert, key))
  if (problems.length > 0) throw new RefusedError(problems)
  return { cert, key, ...(clientCa !== undefined && { clientCa }) }
}

/** The same for Node's HTTPS server. A handshake that drags on is cut off as a request would be. */
export function httpsOptions({ cert, key, clientCa }: ServerTls) {
  const clients = clientCa !== undefined && { ca: clientCa, requestCert: true, rejectUnauthorized: true }
  return { cert, key, handshakeTimeout: 10_000, ...clients }
}

function problemOfPair(cert: string, key: string): string[] {
  try {
    createSecureContext({ cert, key })
    return []
  } catch (error) {
    const expected = 'TLS_CERT_FILE and TLS_KEY_FILE: expected a certificate and its key in PEM'
    return [`${expected}, found what OpenSSL refuses: ${(error as Error).message}`]
  }
}

/** Files for TLS towards a server that is called. */
export interface ClientTls {
  /** Authorities to trust instead of the public ones. */
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
}

/** The settings of a client's TLS; their names begin with that of the flag, `KAFKA_TLS`, `KAFKA_TLS_CA_FILE`, … */
export interface ClientTlsFiles {
  readonly caFile: string | undefined
  readonly certFile: string | undefined
  readonly keyFile: string | undefined
}

/** TLS towards a server, null for none. Throws RefusedError where the settings contradict each other. */
export function clientTlsOf(name: string, isOn: boolean, files: ClientTlsFiles): ClientTls | null {
  const { tls, problems } = judgeClientTls(name, isOn, files)
  if (problems.length > 0) throw new RefusedError(problems)
  return tls
}

/** The same with what is wrong in words, for whoever has more to check. */
export function judgeClientTls(name: string, isOn: boolean, { caFile, certFile, keyFile }: ClientTlsFiles) {
  const problems: string[] = []
  if (!isOn && (caFile ?? certFile ?? keyFile) !== undefined) {
    problems.push(`${name} is false, expected true beside ${name}_*_FILE`)
  }
  if ((certFile === undefined) !== (keyFile === undefined)) {
    problems.push(`${name}_CERT_FILE and ${name}_KEY_FILE go together, found only one of them`)
  }
  if (keyFile !== undefined) problems.push(...problemOfKeyFile(`${name}_KEY_FILE`, keyFile))
  const files: ClientTls = { ...(caFile && { caFile }), ...(certFile && { certFile }), ...(keyFile && { keyFile }) }
  return { tls: isOn ? files : null, problems }
}

/** A private key that everyone on the machine can read is not private. Whether it can be read at all is for whoever reads it. */
function problemOfKeyFile(name: string, path: string): string[] {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0
  return (mode & 0o007) === 0
    ? []
    : [`${name} is "${path}", which everyone can read or change, expected mode 0600 or 0640`]
}
