import { RefusedError } from '@sluice/events'
import { setting } from './setting.ts'
import type { SettingsValues } from './settings.ts'
import { judgeClientTls, type ClientTls } from './tls.ts'

/** Settings that the runtime itself reads; every service has them. */
export function runtimeSettings(defaults: { readonly adminPort: number }) {
  return {
    LOG_LEVEL: setting.choice({
      choices: ['debug', 'info', 'warn', 'error'],
      default: 'info',
      doc: 'Least severe level that is logged.'
    }),
    ADMIN_HOST: setting.text({ default: '0.0.0.0', doc: 'Address of `/healthz`, `/readyz` and `/metrics`.' }),
    ADMIN_PORT: setting.port({ default: defaults.adminPort, doc: 'Port of `/healthz`, `/readyz` and `/metrics`.' }),
    ON_REFUSED: setting.choice({
      choices: ['exit', 'stay'],
      default: 'exit',
      doc: 'What follows when the service must not run as it is set up: exit 78, or stay alive, not ready, touching nothing.'
    }),
    WATCHDOG_MS: setting.durationMs({
      default: 60_000,
      doc: 'Time without a tick after which the process kills itself; 0 turns that off.'
    }),
    GIT_SHA: setting.text({ optional: true, doc: 'Commit that the image was built from; becomes part of the version.' })
  } as const
}

export type RuntimeSettings = ReturnType<typeof runtimeSettings>

/** Settings of a Kafka client; `kafkaSettingsOf` turns their values into what `@sluice/kafka` takes. */
export const kafkaSettings = {
  KAFKA_BROKERS: setting.list({ default: ['localhost:19092'], doc: 'Bootstrap brokers, `host:port`.' }),
  KAFKA_TLS: setting.flag({ default: false, doc: 'Whether the brokers are spoken to over TLS.' }),
  KAFKA_TLS_CA_FILE: setting.path({
    optional: true,
    doc: 'PEM file of the authorities to trust instead of the public ones.'
  }),
  KAFKA_TLS_CERT_FILE: setting.path({ optional: true, doc: 'PEM file of the client certificate.' }),
  KAFKA_TLS_KEY_FILE: setting.path({ optional: true, doc: 'PEM file of the key of the client certificate.' }),
  KAFKA_SASL_MECHANISM: setting.choice({
    choices: ['plain', 'scram-sha-256', 'scram-sha-512'],
    optional: true,
    doc: 'SASL mechanism; without it there is no SASL.'
  }),
  KAFKA_SASL_USERNAME: setting.text({ optional: true, doc: 'SASL user.' }),
  KAFKA_SASL_PASSWORD: setting.secret({ optional: true, doc: 'SASL password.' })
} as const

/** What `@sluice/kafka` takes as KafkaSettings. */
export interface KafkaConnection {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly tls: ClientTls | null
  readonly sasl: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  } | null
}

/** The values of `kafkaSettings` as a connection. Throws RefusedError where they contradict each other. */
export function kafkaSettingsOf(values: SettingsValues<typeof kafkaSettings>, clientId: string): KafkaConnection {
  const { tls, problems } = judgeClientTls('KAFKA_TLS', values.KAFKA_TLS, {
    caFile: values.KAFKA_TLS_CA_FILE,
    certFile: values.KAFKA_TLS_CERT_FILE,
    keyFile: values.KAFKA_TLS_KEY_FILE
  })
  const mechanism = values.KAFKA_SASL_MECHANISM
  const username = values.KAFKA_SASL_USERNAME
  const password = values.KAFKA_SASL_PASSWORD
  if (mechanism === undefined && (username ?? password) !== undefined) {
    problems.push('KAFKA_SASL_MECHANISM is not set, expected one beside KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD')
  }
  if (mechanism !== undefined && (username === undefined || password === undefined)) {
    problems.push(
      `KAFKA_SASL_MECHANISM is ${mechanism}, expected KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD beside it`
    )
  }
  if (problems.length > 0) throw new RefusedError(problems)
  return {
    brokers: values.KAFKA_BROKERS,
    clientId,
    tls,
    sasl:
      mechanism === undefined || username === undefined || password === undefined
        ? null
        : { mechanism, username, password }
  }
}

/** Settings of the lake's bucket. Credentials come by the S3 SDK's default chain, never through settings of ours. */
export const s3Settings = {
  S3_ENDPOINT: setting.url({
    protocols: ['http:', 'https:'],
    optional: true,
    doc: 'S3 server; without it AWS itself. Credentials come by the AWS default chain (`AWS_SHARED_CREDENTIALS_FILE`, …).'
  }),
  S3_REGION: setting.text({ default: 'us-east-1', doc: 'Region of the bucket.' }),
  S3_FORCE_PATH_STYLE: setting.flag({
    default: true,
    doc: 'Bucket in the path instead of the host name; false for AWS.'
  }),
  S3_BUCKET: setting.text({ default: 'lake', doc: 'Bucket of the lake.' }),
  LAKE_PREFIX: setting.text({ default: 'bronze', doc: 'Folder of the tables within the bucket.' })
} as const

/** Settings of the real-time store. */
export const redisSettings = {
  REDIS_URL: setting.url({
    protocols: ['redis:', 'rediss:'],
    default: 'redis://localhost:6379',
    doc: 'Real-time store, `redis://host:port/database`; `rediss://` for TLS.'
  }),
  REDIS_PASSWORD: setting.secret({ optional: true, doc: 'Password of the real-time store.' })
} as const

/** For members of a consumer group. */
export const groupSettings = {
  SESSION_TIMEOUT_MS: setting.durationMs({
    default: 10_000,
    min: 3_000,
    max: 300_000,
    doc: 'A member of the group that has been silent for so long is taken for dead, and others read its partitions.'
  })
} as const

/** For whoever reads a log that forgets. */
export const gapSettings = {
  ACCEPT_GAP: setting.list({
    optional: true,
    item: {
      pattern: /^[\w.-]{1,249}\/\d{1,9}:\d{1,19}-\d{1,19}$/,
      expected: 'losses as refusals print them, topic/partition:first-last, separated by commas'
    },
    doc: 'Records that were deleted unread and may be passed by, exactly as refusals print them: `topic/partition:first-last`, separated by commas. Each becomes a dead letter of reason `gap`.'
  })
} as const

/** Where the data contracts are. */
export const contractsSettings = {
  SCHEMAS_DIR: setting.path({ default: 'schemas', doc: 'Folder of the data contracts and `topics.yaml`.' })
} as const
