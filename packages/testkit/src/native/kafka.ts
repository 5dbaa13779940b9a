import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startBacking, type Backing } from './backing.ts'
import { spawnGuarded } from './guarded.ts'
import { installKafka } from './install-kafka.ts'
import { kafkaProperties, writeProperties, type SecureListener } from './kafka-properties.ts'
import type { Say } from './paths.ts'
import { freePort } from './ports.ts'
import { answersKafka } from './probes.ts'

export interface KafkaOptions {
  /** Data, configuration and log live here; a folder that was used before is gone on with. */
  readonly dir: string
  readonly port?: number
  readonly controllerPort?: number
  /** What clients are told to connect to: `host:port` of a proxy in front. */
  readonly advertised?: string
  /** A listener with TLS and SASL beside the open one. */
  readonly secure?: SecureListener
  /** Broker properties beyond ours, or instead of ours. */
  readonly properties?: Readonly<Record<string, string>>
  readonly heapMb?: number
  readonly logFile?: string
  readonly log?: Say
}

export interface KafkaConnection {
  readonly brokers: readonly string[]
}

/** One real Kafka node on loopback: 2 s to the first answer, some 200 MB. */
export async function startKafka(options: KafkaOptions): Promise<Backing<KafkaConnection>> {
  const { dir, log = () => undefined } = options
  const installation = await installKafka(log)
  const port = options.port ?? (await freePort())
  const controllerPort = options.controllerPort ?? (await freePort())
  const dataDir = join(dir, 'data')
  mkdirSync(dir, { recursive: true })
  if (!existsSync(join(dataDir, 'meta.properties'))) cpSync(installation.emptyData, dataDir, { recursive: true })
  const propertiesFile = join(dir, 'server.properties')
  const { advertised, secure } = options
  writeProperties(
    propertiesFile,
    kafkaProperties(
      { dataDir, port, controllerPort, ...(advertised !== undefined && { advertised }), ...(secure && { secure }) },
      options.properties
    )
  )
  return startBacking({
    name: 'kafka',
    port,
    dir,
    settings: { brokers: [advertised ?? `127.0.0.1:${port}`] },
    graceMs: 20_000,
    start: () =>
      spawnGuarded({
        command: installation.java,
        args: [`-Xmx${options.heapMb ?? 256}m`, ...installation.flags, 'kafka.Kafka', propertiesFile],
        cwd: dir,
        logFile: options.logFile ?? join(dir, 'kafka.log'),
        onOrphan: 'SIGTERM'
      }),
    isReady: () => answersKafka(port)
  })
}
