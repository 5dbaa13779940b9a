import { randomBytes } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  freePort,
  makeCertificates,
  makeScramUser,
  startKafka,
  startRedis,
  startS3,
  waitFor,
  connectsTo
} from '@sluice/testkit'

/** Kafka, S3 and Redis that speak TLS, certificates for everything else, and what a service needs to be told. */
export interface SecureParts extends AsyncDisposable {
  /** Of the connections to Kafka, S3 and Redis, by the settings of the services. */
  readonly settings: Readonly<Record<string, string>>
  /** For those that listen. */
  readonly serverSettings: Readonly<Record<string, string>>
  /** PEM file of the authority. */
  readonly ca: string
  /** `host:port` of every listener with TLS. */
  readonly addresses: readonly string[]
  /** The same servers for a reader of the test's own, without TLS. */
  readonly open: {
    readonly brokers: string
    readonly s3: { readonly endpoint: string; readonly accessKeyId: string; readonly secretAccessKey: string }
    readonly redis: { readonly url: string; readonly password: string }
  }
}

/** Starts them in a folder; the authority is a private one. */
export async function startSecureParts(dir: string): Promise<SecureParts> {
  await using starting = new AsyncDisposableStack()
  const { ca, server } = await makeCertificates(dir)
  const [kafkaPort, s3Port, redisPort] = [await freePort(), await freePort(), await freePort()]
  const password = randomBytes(24).toString('base64url')

  const kafka = starting.use(
    await startKafka({ dir: join(dir, 'kafka'), secure: { port: kafkaPort, keystoreFile: server.both } })
  )
  await makeScramUser(kafka.settings.brokers, 'sluice', password)
  const s3 = starting.use(
    await startS3({
      dir: join(dir, 's3'),
      flags: [`-s3.port.https=${s3Port}`, `-s3.cert.file=${server.cert}`, `-s3.key.file=${server.key}`]
    })
  )
  const directives = [`tls-port ${redisPort}`, `tls-cert-file ${server.cert}`, `tls-key-file ${server.key}`]
  const redis = starting.use(
    await startRedis({ dir: join(dir, 'redis'), directives: [...directives, 'tls-auth-clients no'] })
  )
  await waitFor('S3 to speak TLS', () => connectsTo(s3Port), { timeoutMs: 30_000 })

  const write = (name: string, secret: string): string => {
    const file = join(dir, name)
    writeFileSync(file, secret)
    chmodSync(file, 0o600)
    return file
  }
  const { accessKeyId, secretAccessKey } = s3.settings
  const started = starting.move()
  return {
    ca,
    addresses: [kafkaPort, s3Port, redisPort].map((port) => `localhost:${port}`),
    settings: {
      NODE_EXTRA_CA_CERTS: ca,
      KAFKA_BROKERS: `localhost:${kafkaPort}`,
      KAFKA_TLS: 'true',
      KAFKA_TLS_CA_FILE: ca,
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: 'sluice',
      KAFKA_SASL_PASSWORD_FILE: write('kafka-password', password),
      S3_ENDPOINT: `https://localhost:${s3Port}`,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      REDIS_URL: `rediss://localhost:${redisPort}`,
      REDIS_PASSWORD_FILE: write('redis-password', redis.settings.password)
    },
    serverSettings: { TLS_CERT_FILE: server.cert, TLS_KEY_FILE: server.key },
    open: { brokers: kafka.settings.brokers.join(','), s3: s3.settings, redis: redis.settings },
    [Symbol.asyncDispose]: () => started.disposeAsync()
  }
}
