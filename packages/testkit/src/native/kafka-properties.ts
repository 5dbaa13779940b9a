import { writeFileSync } from 'node:fs'

export interface KafkaPlaces {
  readonly dataDir: string
  readonly port: number
  readonly controllerPort: number
  /** What clients are told to connect to, `127.0.0.1:<port>` if not given (a proxy in front needs another). */
  readonly advertised?: string
}

/** One node that is broker and controller, on loopback. `changes` win. */
export function kafkaProperties(
  places: KafkaPlaces,
  changes: Readonly<Record<string, string>> = {}
): Map<string, string> {
  const { port, controllerPort, dataDir, advertised = `127.0.0.1:${port}` } = places
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
      'auto.create.topics.enable': 'false',
      'num.network.threads': '2',
      'num.io.threads': '4',
      'log.cleaner.dedupe.buffer.size': '8388608',
      // A node that was killed may register again only when its old session has expired.
      'broker.session.timeout.ms': '3000',
      'broker.heartbeat.interval.ms': '500',
      ...changes,
      'log.dirs': dataDir,
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': `PLAINTEXT://${advertised}`
    })
  )
}

export function writeProperties(file: string, properties: ReadonlyMap<string, string>): void {
  writeFileSync(file, [...properties].map(([key, value]) => `${key}=${value}\n`).join(''))
}
