import { drawFault, faultGroups, type FaultGroup } from './draw-fault.ts'
import type { Fault } from './faults.ts'
import { createRandom } from './random.ts'
import { invalidShare } from './workload.ts'

/** Everything that a run does to a platform, from its seed alone. */
export interface Plan {
  readonly seed: number
  readonly replicas: number
  readonly events: number
  readonly eventsPerSecond: number
  /** In the order of their times. */
  readonly faults: readonly Planned[]
  /** A run with less than this says nothing. */
  readonly least: Least
}

export interface Least {
  /** Faults that met a platform at work. */
  readonly effective: number
  /** Of these, by kind. */
  readonly ofKind: Readonly<Partial<Record<Fault['kind'], number>>>
  /** Events that were answered as durable, and how many of them were invalid. */
  readonly answered: number
  readonly invalid: number
}

export interface Planned {
  readonly atMs: number
  readonly fault: Fault
}

export interface DrawOptions {
  readonly seed: number
  readonly minutes: number
  readonly groups?: readonly FaultGroup[]
  readonly eventsPerSecond?: number
}

/** Faults of the given groups at random times, one every seven seconds or so. */
export function drawPlan({ seed, minutes, groups = faultGroups, eventsPerSecond = 80 }: DrawOptions): Plan {
  const random = createRandom(seed)
  const lastMs = minutes * 60_000
  const faults: Planned[] = []
  // The broker takes ten seconds to come back: more often, and nothing else would be tested.
  let brokerMs = -Infinity
  const others = groups.filter((group) => group !== 'kafka')
  for (let atMs = 4_000; atMs < lastMs; atMs += 3_000 + random.int(8_000)) {
    const wanted = random.pick(groups)
    const isTooSoon = wanted === 'kafka' && others.length > 0 && atMs - brokerMs < 60_000
    const group = isTooSoon ? random.pick(others) : wanted
    if (group === 'kafka') brokerMs = atMs
    faults.push({ atMs, fault: drawFault(group, random, 2) })
  }
  const events = Math.round((lastMs / 1000) * eventsPerSecond)
  const least = { effective: Math.floor(faults.length * 0.9), ofKind: {}, answered: Math.ceil(events * 0.9) }
  return { seed, replicas: 2, events, eventsPerSecond, faults, least: { ...least, invalid: leastInvalid(events) } }
}

/** About what a fault and the way back to work take. */
const msPerFault = 8_000
/** What P1 does not name. */
const othersThanP1: readonly FaultGroup[] = ['term', 'pause', 'crash', 'net']
const services = ['collector', 'enricher', 'batch-loader', 'realtime-loader']

export interface P1Options {
  readonly kills?: number
  readonly eventsPerSecond?: number
  /** Default: as long as 20,000 events take. In a longer run what is left of the time goes to faults of all kinds. */
  readonly minutes?: number
}

const eventsOfP1 = 20_000
const killsOfP1 = 40
/** Beyond those of P1, for those that meet nobody. */
const spareKills = 4

/** The experiment of promise P1: 40 kills over all services and an outage of everything that they depend on. */
export function planOfP1(seed: number, { kills = killsOfP1, eventsPerSecond = 80, minutes = 0 }: P1Options = {}): Plan {
  const random = createRandom(seed)
  const spanMs = Math.max(minutes * 60_000, (eventsOfP1 / eventsPerSecond) * 1000)
  const outages: Fault[] = [
    { kind: 'broker-restart' },
    { kind: 'broker-kill' },
    { kind: 'broker-restart' },
    { kind: 'redis-kill' },
    { kind: 's3-kill' },
    { kind: 'redis-down', ms: 10_000 },
    { kind: 'redis-down', ms: 10_000 },
    { kind: 's3-down', ms: 15_000 },
    { kind: 's3-down', ms: 15_000 },
    { kind: 's3-errors', ms: 30_000, share: 0.2, status: 503, error: 'SlowDown' },
    { kind: 'api-down', ms: 20_000 }
  ]
  const killed = Array.from({ length: kills + spareKills }, (_, index): Fault => {
    const service = services[index % services.length] ?? ''
    return { kind: 'kill', service, replica: random.int(2) }
  })
  const more = Math.max(0, Math.floor(spanMs / msPerFault) - outages.length - killed.length)
  const drawn = Array.from({ length: more }, () => drawFault(random.pick(othersThanP1), random, 2))
  const all = [...outages, ...killed, ...drawn].map((fault) => ({ fault, order: random.next() }))
  const faults = all
    .toSorted((a, b) => a.order - b.order)
    .map(({ fault }, index) => ({
      atMs: 4_000 + Math.round(((index + random.next() / 2) * spanMs) / all.length),
      fault
    }))
  const events = Math.round((spanMs / 1000) * eventsPerSecond)
  const least: Least = {
    effective: Math.floor(faults.length * 0.9),
    ofKind: { ...countKinds(outages), kill: kills },
    answered: Math.max(Math.min(events, eventsOfP1), Math.ceil(events * 0.9)),
    invalid: leastInvalid(events)
  }
  return { seed, replicas: 2, events, eventsPerSecond, faults, least }
}

function countKinds(faults: readonly Fault[]): Least['ofKind'] {
  const counts: Partial<Record<Fault['kind'], number>> = {}
  for (const { kind } of faults) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

/** Half of what a workload sends. */
function leastInvalid(events: number): number {
  return Math.floor((events * invalidShare) / 2)
}

/** A fault in a few words. */
export function describeFault(fault: Fault): string {
  const { kind, ...rest } = fault
  const words = Object.entries(rest).map(([name, value]) =>
    name === 'ms' ? `${Number(value) / 1000} s` : typeof value === 'object' ? JSON.stringify(value) : `${name} ${value}`
  )
  return [kind, ...words].join(' ')
}
