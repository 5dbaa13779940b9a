import { setTimeout as sleep } from 'node:timers/promises'
import type { CrashPoint } from '@sluice/events'
import { waitFor, type LinkFault } from '@sluice/testkit'
import { kafkaClients, type Lab } from './lab.ts'
import type { Random } from './random.ts'

/** One thing that goes wrong. Data, so that a schedule can be printed and run again. */
export type Fault =
  | { readonly kind: 'kill' | 'term'; readonly service: string; readonly replica: number }
  | { readonly kind: 'pause'; readonly service: string; readonly replica: number; readonly ms: number }
  | {
      readonly kind: 'crash'
      readonly service: string
      readonly replica: number
      readonly point: CrashPoint
      readonly times: number
    }
  | { readonly kind: 'broker-kill' | 'broker-restart' }
  | { readonly kind: 'redis-down' | 'api-down'; readonly ms: number }
  | S3Fault
  | {
      readonly kind: 'link'
      readonly link: 'kafka' | 'redis' | 'api'
      readonly service: string
      readonly ms: number
      readonly fault: LinkFault
    }

type S3Fault =
  | { readonly kind: 's3-down'; readonly ms: number }
  | { readonly kind: 's3-lost-answers' | 's3-held'; readonly ms: number; readonly share: number }
  | {
      readonly kind: 's3-errors'
      readonly ms: number
      readonly share: number
      readonly status: number
      readonly error: string
    }

/** The groups that `--faults` names. */
export const faultGroups = ['kill', 'term', 'pause', 'crash', 'kafka', 's3', 'redis', 'api', 'net'] as const
export type FaultGroup = (typeof faultGroups)[number]

const services = ['collector', 'enricher', 'batch-loader', 'realtime-loader'] as const

/** Where each service can be made to crash. */
export const pointsOf: Readonly<Record<string, readonly CrashPoint[]>> = {
  collector: ['record-acknowledged'],
  enricher: ['lane-fenced', 'outputs-sent', 'offsets-sent', 'transaction-committed'],
  'batch-loader': ['data-unsaved', 'data-saved', 'commit-unsaved', 'commit-saved'],
  'realtime-loader': ['batch-unsaved', 'batch-saved']
}

/** Draws one fault of a group. */
export function drawFault(group: FaultGroup, random: Random, replicas: number): Fault {
  const service = random.pick(services)
  const replica = random.int(replicas)
  switch (group) {
    case 'kill':
    case 'term':
      return { kind: group, service, replica }
    case 'pause':
      return { kind: 'pause', service, replica, ms: 3_000 + random.int(22_000) }
    case 'crash':
      return { kind: 'crash', service, replica, point: random.pick(pointsOf[service] ?? []), times: 1 + random.int(3) }
    case 'kafka':
      return { kind: random.pick(['broker-kill', 'broker-restart']) }
    case 's3':
      return drawS3(random)
    case 'redis':
      return { kind: 'redis-down', ms: 5_000 + random.int(6_000) }
    case 'api':
      return { kind: 'api-down', ms: 8_000 + random.int(12_000) }
    case 'net':
      return drawLink(random)
  }
}

function drawS3(random: Random): Fault {
  const ms = 5_000 + random.int(10_000)
  return random.pick<Fault>([
    { kind: 's3-down', ms },
    { kind: 's3-errors', ms, share: 0.2, status: 503, error: 'SlowDown' },
    { kind: 's3-errors', ms, share: 0.3, status: 500, error: 'InternalError' },
    { kind: 's3-errors', ms, share: 1, status: 403, error: 'AccessDenied' },
    { kind: 's3-errors', ms, share: 0.3, status: 429, error: 'TooManyRequests' },
    { kind: 's3-errors', ms, share: 0.3, status: 200, error: 'InternalError' },
    { kind: 's3-lost-answers', ms, share: 0.3 },
    { kind: 's3-held', ms, share: 0.1 }
  ])
}

function drawLink(random: Random): Fault {
  const ms = 2_000 + random.int(8_000)
  const fault = random.pick<LinkFault>([
    { kind: 'reset' },
    { kind: 'half-open' },
    { kind: 'slow', delayMs: 50 + random.int(200) },
    { kind: 'cut', afterBytes: 20_000 },
    { kind: 'lose-answers', afterMs: 60 },
    { kind: 'hold', ms: 1_500 }
  ])
  const link = random.pick(['kafka', 'kafka', 'redis', 'api'] as const)
  const service = link === 'kafka' ? random.pick(services) : link === 'redis' ? 'realtime-loader' : 'enricher'
  return { kind: 'link', link, service, ms, fault }
}

/** Who suffers most: what the report measures the fault by. */
export function targetOf(fault: Fault): string {
  switch (fault.kind) {
    case 'broker-kill':
    case 'broker-restart':
      return 'kafka'
    case 'redis-down':
      return 'redis'
    case 's3-down':
    case 's3-errors':
    case 's3-lost-answers':
    case 's3-held':
      return 's3'
    case 'api-down':
      return 'enrichment-api'
    default:
      return fault.service
  }
}

/** What was seen of one fault. */
export interface Injected {
  /** Of the process that was killed, paused or told to end; 0: none was. */
  readonly pid: number
  /** For crashes: whether it died at the point. Null: not that kind of fault. */
  readonly hit: boolean | null
}

/** Carries a fault out and heals it; comes back when it is over, not when all is well again. */
export async function inject(lab: Lab, fault: Fault, random: Random): Promise<Injected> {
  switch (fault.kind) {
    case 'kill': {
      const { pid } = lab.process(fault.service, fault.replica)
      await lab.process(fault.service, fault.replica).kill('SIGKILL')
      return { pid, hit: null }
    }
    case 'term':
      return terminate(lab, fault.service, fault.replica)
    case 'pause': {
      const one = lab.process(fault.service, fault.replica)
      const { pid } = one
      await one.kill('SIGSTOP')
      await sleep(fault.ms)
      if (one.pid === pid) await one.kill('SIGCONT')
      return { pid, hit: null }
    }
    case 'crash': {
      const { pid } = lab.process(fault.service, fault.replica)
      return { pid, hit: await lab.crashAt(fault.point, fault.times, fault.service, fault.replica, 30_000) }
    }
    case 'broker-kill':
      return killPart(lab, 'kafka')
    case 'broker-restart':
      return restartPart(lab, 'kafka', 0)
    case 'redis-down':
      return restartPart(lab, 'redis', fault.ms)
    case 'api-down':
      return restartPart(lab, 'enrichment-api', fault.ms)
    case 'link':
      return breakLink(lab, fault)
    default:
      return troubleS3(lab, fault, random)
  }
}

async function terminate(lab: Lab, service: string, replica: number): Promise<Injected> {
  const one = lab.process(service, replica)
  const { pid } = one
  await one.kill('SIGTERM')
  await waitFor(`${service} ends`, async () => one.pid !== pid || one.state === 'restarting', { timeoutMs: 30_000 })
  return { pid, hit: null }
}

async function killPart(lab: Lab, name: string): Promise<Injected> {
  const one = lab.process(name)
  const { pid } = one
  await one.kill('SIGKILL')
  await waitFor(`${name} is back`, async () => one.pid !== pid && one.state === 'ready', { timeoutMs: 120_000 })
  return { pid, hit: null }
}

async function restartPart(lab: Lab, name: string, downMs: number): Promise<Injected> {
  const one = lab.process(name)
  const { pid } = one
  await one.stop()
  await sleep(downMs)
  await one.start()
  await one.ready(120_000)
  return { pid, hit: null }
}

async function breakLink(lab: Lab, { link, service, ms, fault }: Extract<Fault, { kind: 'link' }>): Promise<Injected> {
  const proxy = lab.links[link]
  // Only Kafka's link has several ends.
  const only = link === 'kafka' && kafkaClients.includes(service) ? service : undefined
  await proxy.set(fault, only)
  await sleep(ms)
  await proxy.set(null, only)
  return { pid: 0, hit: null }
}

async function troubleS3(lab: Lab, fault: S3Fault, random: Random): Promise<Injected> {
  let hits = 0
  lab.links.s3.decide = ({ method }) => {
    if (fault.kind === 's3-down') return hit('drop')
    if (!random.chance(fault.share)) return 'pass'
    if (fault.kind !== 's3-errors') return hit(fault.kind === 's3-held' ? { holdMs: 15_000 } : 'lose-answer')
    // A document where a body is expected would be taken for the body: S3 itself never does that to a GET.
    return fault.status === 200 && method !== 'PUT' ? 'pass' : hit({ status: fault.status, error: fault.error })
  }
  await sleep(fault.ms)
  lab.links.s3.decide = () => 'pass'
  return { pid: 0, hit: hits > 0 }

  function hit<T>(fate: T): T {
    hits += 1
    return fate
  }
}
