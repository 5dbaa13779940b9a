import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { ISocketFactory, KafkaConfig, ProducerConfig, SASLOptions } from 'kafkajs'
import { RefusedError, type Log } from '@sluice/events'
import { ClusterJs, defaultSocketFactory, KafkaJs, logLevel, Partitioners } from './kafkajs.ts'
import type { Admin, Cluster, Producer } from './kafkajs.ts'
import type { KafkaSettings } from './types.ts'

/** A cluster that we can talk to. Made by openKafka; everything else of this package takes it. */
export interface Kafka {
  readonly settings: KafkaSettings
  /** Connections of its own for whoever asks. Connects to nothing yet. */
  client(): Client
}

/** The connections of one owner. Closing them cuts them at once: what was in flight is rejected, nothing is awaited. */
export interface Client {
  producer(options?: Pick<ProducerConfig, 'transactionalId' | 'transactionTimeout'>): Producer
  admin(): Admin
  cluster(): Cluster
  close(): void
}

/** Bounds every attempt: a broker that is gone is noticed within 2 s, one that hangs within 11 s. */
const connectionTimeoutMs = 2_000
const requestTimeoutMs = 10_000
const retry = { initialRetryTime: 20, maxRetryTime: 500, retries: 8 }

/** Prepares the way to a cluster; connects to nothing. Certificate files that cannot be read are a RefusedError. */
export function openKafka(settings: KafkaSettings, { log }: { readonly log: Log }): Kafka {
  const ssl = readTls(settings)
  return {
    settings,
    client() {
      const sockets = trackSockets()
      // kafkajs writes into what it is given here, and remembers by it who authenticated first: a copy for each.
      const security = { ...(ssl && { ssl }), ...(settings.sasl && { sasl: saslOf(settings.sasl) }) }
      const config: KafkaConfig = {
        clientId: settings.clientId,
        brokers: [...settings.brokers],
        ...security,
        connectionTimeout: connectionTimeoutMs,
        requestTimeout: requestTimeoutMs,
        enforceRequestTimeout: true,
        retry,
        socketFactory: sockets.factory,
        logLevel: logLevel.WARN,
        // What kafkajs calls an error is an attempt that it will repeat, or that reaches us as an exception.
        logCreator:
          () =>
          ({ namespace, log: entry }) =>
            log.debug({ namespace, ...entry }, entry.message)
      }
      const kafkaJs = new KafkaJs(config)
      return {
        producer: (options = {}) =>
          kafkaJs.producer({
            idempotent: true,
            allowAutoTopicCreation: false,
            createPartitioner: Partitioners.DefaultPartitioner,
            retry,
            ...options
          }),
        admin: () => kafkaJs.admin({ retry }),
        cluster: () =>
          new ClusterJs({
            brokers: [...settings.brokers],
            clientId: settings.clientId,
            ...security,
            connectionTimeout: connectionTimeoutMs,
            authenticationTimeout: requestTimeoutMs,
            reauthenticationThreshold: requestTimeoutMs,
            requestTimeout: requestTimeoutMs,
            enforceRequestTimeout: true,
            metadataMaxAge: 300_000,
            allowAutoTopicCreation: false,
            retry,
            logger: kafkaJs.logger(),
            socketFactory: sockets.factory
          }),
        close: () => sockets.close()
      }
    }
  }
}

function readTls({ tls }: KafkaSettings): ConnectionOptions | null {
  return (
    tls && {
      ...(tls.caFile && { ca: readPem('KAFKA_TLS_CA_FILE', tls.caFile) }),
      ...(tls.certFile && { cert: readPem('KAFKA_TLS_CERT_FILE', tls.certFile) }),
      ...(tls.keyFile && { key: readPem('KAFKA_TLS_KEY_FILE', tls.keyFile) })
    }
  )
}

function saslOf({ mechanism, username, password }: NonNullable<KafkaSettings['sasl']>): SASLOptions {
  return { mechanism, username, password }
}

function readPem(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new RefusedError([`${setting}: ${file} cannot be read: ${(cause as Error).message}`], { cause })
  }
}

/** kafkajs' own disconnect waits for whatever is in flight, 10 s at worst; we keep the sockets to be able to cut them. */
function trackSockets(): { readonly factory: ISocketFactory; close(): void } {
  const open = new Set<Socket>()
  const connect = defaultSocketFactory()
  let closed = false
  return {
    factory(options) {
      if (closed) throw new Error('closed by us')
      const socket = connect(options)
      open.add(socket)
      return socket.once('close', () => open.delete(socket))
    },
    close() {
      closed = true
      // As an error: it is the one event upon which kafkajs rejects what is in flight.
      for (const socket of open) socket.destroy(new Error('closed by us'))
    }
  }
}
