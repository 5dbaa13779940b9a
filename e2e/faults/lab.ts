import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPlatform, type Platform, type Supervised } from '@sluice/cli'
import type { CrashPoint } from '@sluice/events'
import {
  freePort,
  kafkaClientId,
  startLossyProxy,
  startTcpProxy,
  waitFor,
  type LossyProxy,
  type TcpProxy
} from '@sluice/testkit'
import { crashAt } from './crash-at.ts'
import { isFull } from './judge.ts'

export interface LabOptions {
  /** Ours, with all that they depend on. Default: all but producers and pages. */
  readonly services?: readonly string[]
  /** How many of each of ours run. Default 1. */
  readonly replicas?: Readonly<Record<string, number>>
  readonly env?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** After so long a group takes a silent member for dead. Default: the shortest that Kafka allows by default, in a pipeline. */
  readonly sessionTimeoutMs?: number
  /** Told of every change of a process, for reports. */
  readonly onChange?: (supervised: Supervised) => void
}

/** A platform of its own whose every link and process can be broken. */
export interface Lab extends AsyncDisposable {
  readonly platform: Platform
  readonly links: Links
  /** Environment of a service beyond the compose file; a change holds from its next start. */
  readonly env: Readonly<Record<string, Record<string, string>>>
  process(service: string, replica?: number): Supervised
  replicasOf(service: string): readonly Supervised[]
  /** SIGKILL; comes back when it runs again and is ready. */
  killAndWait(service: string, replica?: number, timeoutMs?: number): Promise<void>
  /**
   * Has one process start anew and die at the nth time that it passes a point. Comes back when it is dead; the next
   * life is an ordinary one. False: it did not pass there in time, or ended in another way than by SIGKILL.
   */
  crashAt(point: CrashPoint, times: number, service: string, replica?: number, timeoutMs?: number): Promise<boolean>
  ready(timeoutMs?: number): Promise<void>
}

export interface Links {
  /** All clients of Kafka; one service by its name. */
  readonly kafka: TcpProxy
  readonly redis: TcpProxy
  readonly api: TcpProxy
  /** Asked for every request to S3. */
  readonly s3: LossyProxy
  /** From clients to the collectors, by replica. */
  readonly rest: readonly TcpProxy[]
  readonly grpc: readonly TcpProxy[]
}

const pipeline = ['collector', 'enricher', 'batch-loader', 'realtime-loader']
export const kafkaClients: readonly string[] = pipeline

/** Starts a platform on ports and in a folder of its own, with a proxy on every link. */
export async function openLab(options: LabOptions = {}): Promise<Lab> {
  const { services = pipeline, replicas = {}, sessionTimeoutMs = isFull ? 10_000 : 6_000 } = options
  const dir = mkdtempSync(join(tmpdir(), 'sluice-faults-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rmSync(dir, { recursive: true, force: true }))
  const [kafkaPort, s3Port, redisPort, apiPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort()
  ]
  const kafka = stack.use(await startTcpProxy({ target: kafkaPort, labelOf: kafkaClientId }))
  const redis = stack.use(await startTcpProxy({ target: redisPort }))
  const api = stack.use(await startTcpProxy({ target: apiPort }))
  const s3 = stack.use(await startLossyProxy(`http://127.0.0.1:${s3Port}`))

  const broker = `127.0.0.1:${kafka.port}`
  const member = { KAFKA_BROKERS: broker, SESSION_TIMEOUT_MS: String(sessionTimeoutMs) }
  const overrides: Record<string, Record<string, string>> = {
    kafka: { KAFKA_ADVERTISED_LISTENERS: `HOST://${broker}` },
    collector: { KAFKA_BROKERS: broker },
    enricher: { ...member, ENRICHMENT_API: `127.0.0.1:${api.port}` },
    'enrichment-api': {},
    'batch-loader': { ...member, S3_ENDPOINT: s3.endpoint, FLUSH_MS: '1000' },
    'realtime-loader': { ...member, REDIS_URL: `redis://127.0.0.1:${redis.port}` }
  }
  for (const [service, values] of Object.entries(options.env ?? {}))
    overrides[service] = { ...overrides[service], ...values }

  const watchers = new Set<(supervised: Supervised) => void>()
  const platform = stack.use(
    await startPlatform({
      dataDir: join(dir, 'platform'),
      ports: 'free',
      services,
      replicas,
      env: overrides,
      readyTimeoutMs: 240_000,
      variables: {
        ...process.env,
        SLUICE_PORT_KAFKA_19092: String(kafkaPort),
        SLUICE_PORT_S3_8333: String(s3Port),
        SLUICE_PORT_REDIS_6379: String(redisPort),
        SLUICE_PORT_ENRICHMENT_API_8001: String(apiPort)
      },
      onChange(supervised) {
        options.onChange?.(supervised)
        for (const watcher of watchers) watcher(supervised)
      }
    })
  )
  const collectors = Array.from({ length: services.includes('collector') ? (replicas['collector'] ?? 1) : 0 })
  const links = { kafka, redis, api, s3, rest: [] as TcpProxy[], grpc: [] as TcpProxy[] }
  for (const replica of collectors.keys()) {
    links.rest.push(stack.use(await startTcpProxy({ target: portOf(platform, 8080, replica) })))
    links.grpc.push(stack.use(await startTcpProxy({ target: portOf(platform, 8081, replica) })))
  }
  const owned = stack.move()

  async function killAndWait(service: string, replica = 0, timeoutMs = 120_000): Promise<void> {
    const one = platform.process(service, replica)
    await one.kill('SIGKILL')
    // Stopped and started instead of waited for: the restart policy waits ever longer for whoever dies often.
    await one.stop()
    await one.start()
    await one.ready(timeoutMs)
  }

  return {
    platform,
    links,
    env: overrides,
    process: (service, replica = 0) => platform.process(service, replica),
    replicasOf: (service) => platform.processes.filter(({ planned }) => planned.service.name === service),
    killAndWait,
    crashAt: (point, times, service, replica = 0, timeoutMs = 60_000) =>
      crashAt({ platform, watchers }, { point, times, one: platform.process(service, replica), timeoutMs }),
    async ready(timeoutMs = 120_000) {
      const ours = platform.processes.filter(({ planned }) => planned.kind !== 'job')
      await waitFor('everything is ready', async () => ours.every(({ state }) => state === 'ready'), { timeoutMs })
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync()
  }
}

function portOf(platform: Platform, container: number, replica: number): number {
  return Number(platform.address('collector', container, replica).split(':')[1])
}
