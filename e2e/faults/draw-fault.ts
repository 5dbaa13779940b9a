import type { LinkFault } from '@sluice/testkit'
import { pointsOf, type Fault } from './faults.ts'
import type { Random } from './random.ts'

/** The groups that `--faults` names. */
export const faultGroups = ['kill', 'term', 'pause', 'crash', 'kafka', 's3', 'redis', 'api', 'net'] as const
export type FaultGroup = (typeof faultGroups)[number]

const services = ['collector', 'enricher', 'batch-loader', 'realtime-loader'] as const

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
      return random.chance(0.5) ? { kind: 'redis-kill' } : { kind: 'redis-down', ms: 5_000 + random.int(6_000) }
    case 'api':
      return { kind: 'api-down', ms: 8_000 + random.int(12_000) }
    case 'net':
      return drawLink(random, replicas)
  }
}

function drawS3(random: Random): Fault {
  const ms = 5_000 + random.int(10_000)
  return random.pick<Fault>([
    { kind: 's3-kill' },
    { kind: 's3-kill' },
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

/**
 * Longer than the sender waits, so that a held request is carried out after it was given up: a Kafka request is given
 * up after 10 s, a call of Redis, of the model or of the collector after 5 s.
 */
const holdMs = { kafka: 12_000, redis: 6_500, api: 6_500, rest: 6_500, grpc: 6_500 }
const links = ['kafka', 'kafka', 'redis', 'api', 'rest', 'grpc'] as const

function drawLink(random: Random, replicas: number): Fault {
  const ms = 2_000 + random.int(8_000)
  const link = random.pick(links)
  const fault = random.pick<LinkFault>([
    { kind: 'refused' },
    { kind: 'reset' },
    { kind: 'half-open' },
    { kind: 'slow', delayMs: 50 + random.int(200) },
    // In the middle of the next answer, where answers are short.
    { kind: 'cut', afterBytes: link === 'kafka' ? 20_000 : 20 + random.int(400) },
    { kind: 'lose-answers', afterMs: 60 },
    { kind: 'hold', ms: holdMs[link] },
    { kind: 'hold', ms: holdMs[link] }
  ])
  switch (link) {
    case 'kafka':
      return { kind: 'link', link, service: random.pick(services), ms, fault }
    case 'redis':
      return { kind: 'link', link, service: 'realtime-loader', ms, fault }
    case 'api':
      return { kind: 'link', link, service: 'enricher', ms, fault }
    default:
      return { kind: 'link', link, service: 'collector', replica: random.int(replicas), ms, fault }
  }
}
