import { writeFileSync } from 'node:fs'

export interface KafkaPlaces {
  readonly dataDir: string
  readonly port: number
  readonly controllerPort: number
  /** What clients are told to connect to, `127.0.0.1:<port>` if not given (a proxy in front needs another). */
  readonly advertised?: string
  readonly secure?: SecureListener
}

/** A second listener, `localhost:<port>`: TLS with SASL, by SCRAM or PLAIN, or with certificates of the clients. */
export interface SecureListener {
  readonly port: number
  /** PEM file with key and certificate. */
  readonly keystoreFile: string
  /** Who may log in by PLAIN; SCRAM users are made on the running broker. */
  readonly plainUsers?: Readonly<Record<string, string>>
  /** PEM file of the authority that must have signed the certificate of every client; nobody logs in then. */
  readonly clientAuthorityFile?: string
}

/** One node that is broker and controller, on loopback. `changes` win. */
export function kafkaProperties(
  places: KafkaPlaces,
  changes: Readonly<Record<string, string>> = {}
): Map<string, string> {
  const { port, controllerPort, dataDir, advertised = `127.0.0.1:${port}`, secure } = places
  const secureAt = secure === undefined ? [] : [`SECURE://localhost:${secure.port}`]
  return new Map(
    Object.entries({
      'process.roles': 'broker,controller',
      'node.id': '1',
      'controller.listener.names': 'CONTROLLER',
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'inter.broker.listener.name': 'PLAINTEXT',
      'num.partitions': '1',
      'default.replication.factor': '1',
      'min.insync.replicas': '1',
      'offsets.topic.replication.factor': '1',
      'offsets.topic.num.partitions': '4',
      'transaction.state.log.replication.factor': '1',
      'transaction.state.log.min.isr': '1',
      'transaction.state.log.num.partitions': '4',
      'share.coordinator.state.topic.replication.factor': '1',
      'share.coordinator.state.topic.min.isr': '1',
      'group.initial.rebalance.delay.ms': '0',
      'group.min.session.timeout.ms': '3000',
      'auto.create.topics.enable': 'false',
      'num.network.threads': '2',
      'num.io.threads': '4',
      'log.cleaner.dedupe.buffer.size': '8388608',
      // A node that was killed may register again only when its old session has expired.
      'broker.session.timeout.ms': '3000',
      'broker.heartbeat.interval.ms': '500',
      ...changes,
      ...(secure && secureProperties(secure)),
      'log.dirs': dataDir,
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      listeners: [`PLAINTEXT://127.0.0.1:${port}`, ...secureAt, `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
      'advertised.listeners': [`PLAINTEXT://${advertised}`, ...secureAt].join(',')
    })
  )
}

function secureProperties({
  keystoreFile,
  plainUsers = {},
  clientAuthorityFile
}: SecureListener): Record<string, string> {
  const users = Object.entries(plainUsers).map(([name, password]) => `user_${name}="${password}"`)
  const modules = 'org.apache.kafka.common.security'
  return {
    'listener.security.protocol.map': `PLAINTEXT:PLAINTEXT,SECURE:${clientAuthorityFile === undefined ? 'SASL_SSL' : 'SSL'},CONTROLLER:PLAINTEXT`,
    'listener.name.secure.ssl.keystore.type': 'PEM',
    'listener.name.secure.ssl.keystore.location': keystoreFile,
    ...(clientAuthorityFile !== undefined && {
      'listener.name.secure.ssl.client.auth': 'required',
      'listener.name.secure.ssl.truststore.type': 'PEM',
      'listener.name.secure.ssl.truststore.location': clientAuthorityFile
    }),
    'listener.name.secure.sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512,PLAIN',
    'listener.name.secure.scram-sha-256.sasl.jaas.config': `${modules}.scram.ScramLoginModule required;`,
    'listener.name.secure.scram-sha-512.sasl.jaas.config': `${modules}.scram.ScramLoginModule required;`,
    'listener.name.secure.plain.sasl.jaas.config': `${modules}.plain.PlainLoginModule required ${users.join(' ')};`
  }
}

export function writeProperties(file: string, properties: ReadonlyMap<string, string>): void {
  writeFileSync(file, [...properties].map(([key, value]) => `${key}=${value}\n`).join(''))
}
