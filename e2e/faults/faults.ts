import { setTimeout as sleep } from 'node:timers/promises'
import type { Supervised } from '@sluice/cli'
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
  | { readonly kind: 'broker-kill' | 'broker-restart' | 's3-kill' | 'redis-kill' }
  | { readonly kind: 'redis-down' | 'api-down'; readonly ms: number }
  | S3Fault
  | {
      readonly kind: 'link'
      readonly link: 'kafka' | 'redis' | 'api' | 'rest' | 'grpc'
      readonly service: string
      /** Of the collector, on the links of clients. */
      readonly replica?: number
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

/** Where each service can be made to crash. */
export const pointsOf: Readonly<Record<string, readonly CrashPoint[]>> = {
  collector: ['record-acknowledged'],
  enricher: ['lane-fenced', 'outputs-sent', 'offsets-sent', 'transaction-committed'],
  'batch-loader': ['data-unsaved', 'data-saved', 'commit-unsaved', 'commit-saved'],
  'realtime-loader': ['batch-unsaved', 'batch-saved']
}

/** Who suffers most: what the report measures the fault by. */
export function targetOf(fault: Fault): string {
  switch (fault.kind) {
    case 'broker-kill':
    case 'broker-restart':
      return 'kafka'
    case 'redis-down':
    case 'redis-kill':
      return 'redis'
    case 's3-kill':
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
  /** Whether it met what it was for: a crash point, a request to S3, a process that ran. Null: that cannot be seen. */
  readonly hit: boolean | null
}

/** Carries a fault out and heals it; comes back when it is over, not when all is well again. */
export async function inject(lab: Lab, fault: Fault, random: Random): Promise<Injected> {
  switch (fault.kind) {
    case 'kill': {
      const one = lab.process(fault.service, fault.replica)
      const { pid } = one
      const hit = isUp(one) ? null : false
      await one.kill('SIGKILL')
      return { pid, hit }
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
      return { pid, hit: await lab.crashAt(fault.point, fault.times, fault.service, fault.replica, 60_000) }
    }
    case 'broker-kill':
      return killPart(lab, 'kafka')
    case 's3-kill':
      return killPart(lab, 's3')
    case 'redis-kill':
      return killPart(lab, 'redis')
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

/** Whether it runs: one that died waits for its restart policy. */
export function isUp({ state, note }: Supervised): boolean {
  return state === 'ready' || state === 'starting' || (state === 'not ready' && !note.startsWith('SIG'))
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

async function breakLink(
  lab: Lab,
  { link, service, replica = 0, ms, fault }: Extract<Fault, { kind: 'link' }>
): Promise<Injected> {
  const proxy = link === 'rest' || link === 'grpc' ? lab.links[link][replica] : lab.links[link]
  if (proxy === undefined) throw new RangeError(`there is no ${link} link to replica ${replica} of ${service}`)
  // Only Kafka's link has several ends.
  const only = link === 'kafka' && kafkaClients.includes(service) ? service : undefined
  await proxy.set(fault, only)
  await sleep(ms)
  await proxy.set(null, only)
  // What was held last is still to arrive.
  if (fault.kind === 'hold') await sleep(fault.ms)
  return { pid: 0, hit: null }
}

/** More than the 10 s after which the loader gives a request up. */
const s3HoldMs = 15_000

/** It lasts until a request has met it, if that takes longer than was drawn. */
async function troubleS3(lab: Lab, fault: S3Fault, random: Random): Promise<Injected> {
  let hits = 0
  lab.links.s3.decide = ({ method }) => {
    if (fault.kind === 's3-down') return hit('drop')
    if (!random.chance(fault.share)) return 'pass'
    if (fault.kind !== 's3-errors') return hit(fault.kind === 's3-held' ? { holdMs: s3HoldMs } : 'lose-answer')
    // A document where a body is expected would be taken for the body: S3 itself never does that to a GET.
    return fault.status === 200 && method !== 'PUT' ? 'pass' : hit({ status: fault.status, error: fault.error })
  }
  await sleep(fault.ms)
  await waitFor('a request', () => hits > 0, { timeoutMs: 30_000 }).catch(() => undefined)
  lab.links.s3.decide = () => 'pass'
  if (fault.kind === 's3-held') await sleep(s3HoldMs)
  return { pid: 0, hit: hits > 0 }

  function hit<T>(fate: T): T {
    hits += 1
    return fate
  }
}
