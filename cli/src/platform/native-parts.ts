import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { startKafka, startRedis, startS3, type Backing, type Say } from '@sluice/testkit'
import type { ComposeService } from '../compose/read-compose.ts'
import type { PlannedProcess } from './plan.ts'

interface Part {
  /** Container ports, each with the one it shares its listener with here. */
  ports(service: ComposeService): ReadonlyMap<number, number>
  start(process: PlannedProcess, context: PartContext): Promise<Backing<object>>
}

export interface PartContext {
  readonly logFile: string
  /** Beyond what the compose file says. */
  readonly environment: Readonly<Record<string, string>>
  readonly say: Say
}

/** Third-party images, and what stands in for them where there are no images. The settings are those of the compose file. */
const parts: Readonly<Record<string, Part>> = {
  'apache/kafka': { ports: kafkaPorts, start: startKafkaPart },
  'chrislusf/seaweedfs': { ports: s3Ports, start: startS3Part },
  'valkey/valkey': { ports: redisPorts, start: startRedisPart }
}

export function startPart(process: PlannedProcess, context: PartContext): Promise<Backing<object>> {
  return partOf(process.service).start(process, context)
}

export function containerPortsOfPart(service: ComposeService): ReadonlyMap<number, number> {
  return partOf(service).ports(service)
}

function partOf(service: ComposeService): Part {
  const part = parts[service.image.split(/[:@]/)[0] ?? '']
  if (part !== undefined) return part
  throw new Error(`${service.name}: nothing is known here to run instead of the image ${service.image}`)
}

// ---- Kafka: KAFKA_A_B is the property a.b, as in the image ----

/** Listener names → ports, of `BUS://:9092,CONTROLLER://:9093,HOST://:19092`. */
function kafkaListeners(service: ComposeService): ReadonlyMap<string, number> {
  const listeners = (service.environment['KAFKA_LISTENERS'] ?? '').split(',')
  return new Map(listeners.map((text) => [text.split(':')[0] ?? '', Number(text.split(':').at(-1))]))
}

function kafkaPorts(service: ComposeService): ReadonlyMap<number, number> {
  const controller = kafkaListeners(service).get(service.environment['KAFKA_CONTROLLER_LISTENER_NAMES'] ?? 'CONTROLLER')
  const published = service.ports[0]?.container
  return new Map(
    [...kafkaListeners(service).values()].map((port) => [port, port === controller ? port : (published ?? port)])
  )
}

function startKafkaPart({ service, ports, path }: PlannedProcess, { logFile, environment: extra, say }: PartContext) {
  const environment = { ...service.environment, ...extra }
  const controller = kafkaListeners(service).get(environment['KAFKA_CONTROLLER_LISTENER_NAMES'] ?? 'CONTROLLER') ?? 0
  const port = [...ports].find(([container]) => container !== controller)?.[1]
  const controllerPort = ports.get(controller)
  // One listener for clients instead of two, on loopback: the rest of the properties is the file's. Where clients are to
  // connect instead, because a proxy is there, only a test says.
  const advertised = extra['KAFKA_ADVERTISED_LISTENERS']?.split('://').at(-1)
  const notOurs =
    /^KAFKA_(HEAP_OPTS|JVM_PERFORMANCE_OPTS|LISTENERS|ADVERTISED_LISTENERS|LISTENER_SECURITY_PROTOCOL_MAP|INTER_BROKER_LISTENER_NAME|CONTROLLER_QUORUM_VOTERS|LOG_DIRS)$/
  const properties = Object.entries(environment)
    .filter(([name]) => name.startsWith('KAFKA_') && !notOurs.test(name))
    .map(([name, value]) => [name.slice('KAFKA_'.length).toLowerCase().replaceAll('_', '.'), value])
  const heapMb = Number(/-Xmx(\d+)m/.exec(environment['KAFKA_HEAP_OPTS'] ?? '')?.[1] ?? 256)
  return startKafka({
    dir: path(environment['KAFKA_LOG_DIRS'] ?? ''),
    ...(port !== undefined && { port }),
    ...(controllerPort !== undefined && { controllerPort }),
    ...(advertised !== undefined && { advertised }),
    properties: Object.fromEntries(properties),
    heapMb,
    logFile,
    log: say
  })
}

// ---- SeaweedFS: the flags of its command ----

function s3Flags(service: ComposeService): ReadonlyMap<string, string> {
  return new Map(
    service.command
      .filter((word) => word.startsWith('-'))
      .map((word) => [word.slice(1).split('=')[0] ?? '', word.split('=').slice(1).join('=')])
  )
}

function s3Ports(service: ComposeService): ReadonlyMap<number, number> {
  const port = Number(s3Flags(service).get('s3.port') ?? 8333)
  return new Map([[port, port]])
}

function startS3Part({ service, ports, path }: PlannedProcess, { logFile, say }: PartContext) {
  const flags = new Map(s3Flags(service))
  const port = [...ports.values()][0]
  const dir = path(flags.get('dir') ?? '/data')
  const configFile = flags.get('s3.config')
  const memory = /^(\d+)MiB$/.exec(service.environment['GOMEMLIMIT'] ?? '')?.[1]
  for (const flag of ['dir', 'ip', 'ip.bind', 's3.port', 's3.config']) flags.delete(flag)
  return startS3({
    dir,
    ...(port !== undefined && { port }),
    ...(configFile !== undefined && { configFile: path(configFile) }),
    ...(memory !== undefined && { memoryLimitMb: Number(memory) }),
    bucket: '',
    flags: [...flags].map(([flag, value]) => `-${flag}=${value}`),
    logFile,
    log: say
  })
}

// ---- Valkey: `valkey-server <file> --directive value …` ----

function redisPorts(service: ComposeService): ReadonlyMap<number, number> {
  const port = Number(redisDirectives(service).get('port') ?? 6379)
  return new Map([[port, port]])
}

function redisDirectives(service: ComposeService): ReadonlyMap<string, string> {
  const words = service.command.slice(2)
  return new Map(
    words.flatMap((word, index) => (word.startsWith('--') ? [[word.slice(2), words[index + 1] ?? ''] as const] : []))
  )
}

function startRedisPart({ service, ports, path }: PlannedProcess, { logFile, say }: PartContext) {
  const [program, file] = service.command
  if (program === undefined || basename(program) !== 'valkey-server' || file?.startsWith('/') !== true)
    throw new Error(`${service.name}: the command is expected to be valkey-server <file> [--directive value]…`)
  const text = readFileSync(path(file), 'utf8')
  const password = /^requirepass (\S+)$/m.exec(text)?.[1]
  const directives = [...redisDirectives(service)].filter(([name]) => name !== 'port' && name !== 'dir')
  const port = [...ports.values()][0]
  return startRedis({
    dir: path(redisDirectives(service).get('dir') ?? dirname(file)),
    ...(port !== undefined && { port }),
    ...(password !== undefined && { password }),
    directives: [
      ...text.split('\n').filter((line) => /^[a-z]/.test(line)),
      ...directives.map((pair) => pair.join(' '))
    ],
    logFile,
    log: say
  })
}
