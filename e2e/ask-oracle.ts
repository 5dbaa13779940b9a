import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Platform } from '@sluice/cli'
import { pythonTools } from '@sluice/testkit'

/** What the oracle saw. It is written in Python over other people's readers and shares no code with the platform. */
export interface Report {
  /** Records in the raw topic. */
  readonly raw: number
  /** First and last time of a record there, by the topic's clock; empty: there is none. */
  readonly rawTimesMs: readonly number[]
  /** Of these, by event type, as far as they can be read. */
  readonly rawByType: Readonly<Record<string, number>>
  readonly enriched: Readonly<Record<string, number>>
  /** Records in the dead-letter topic by reason, repeats included. */
  readonly dlq: Readonly<Record<string, number>>
  /** Rows by table, read by delta-rs. */
  readonly rows: Readonly<Record<string, number>>
  /** Lost, doubled, invented, disordered, altered: one sentence each, the first fifty. */
  readonly problems: readonly string[]
  readonly problemCount: number
  /** Copies in the outputs that were set aside; 0 unless they may be there. */
  readonly doubled: number
  /** What the ledger comes to, if there was one. */
  readonly ledger?: Tally
}

/** How much was sent, and what a run is worth. */
export interface Tally {
  readonly sent: number
  /** As durable. */
  readonly answered: number
  readonly inDoubt: number
  /** Of the answered ones, those that had to become dead letters. */
  readonly invalid: number
  /** Answered as durable more than once. */
  readonly repeated: number
  readonly via: Readonly<Record<string, number>>
}

/** What a period of 2013 must become, by SQL over data/. */
export type Expected = Readonly<Record<string, { readonly events: number; readonly bad: number }>>

const tables = {
  'flight.scheduled.v1': 'flight_scheduled_v1',
  'flight.departed.v1': 'flight_departed_v1',
  'flight.landed.v1': 'flight_landed_v1',
  'flight.cancelled.v1': 'flight_cancelled_v1',
  'flight.diverted.v1': 'flight_diverted_v1',
  'weather.observed.v1': 'weather_observed_v1'
}

export interface Observed {
  /** What was sent and answered, one JSON document a line: the oracle holds it against all that is there. */
  readonly ledger?: string
  /** Another lake than the one that the services fill. */
  readonly prefix?: string
  /** The outputs may hold copies of records, which every consumer has to drop: they are counted and set aside. */
  readonly mayDouble?: boolean
  /** Another database than the first. */
  readonly database?: number
}

/** Reads topics, tables and Redis of a running platform and compares them with each other. */
export function observe(platform: Pick<Platform, 'address' | 'credentials'>, observed: Observed = {}): Promise<Report> {
  return python<Report>('main.py', [], describePlatform(platform, observed))
}

/** What the oracle needs to know of a platform. */
export function describePlatform(
  platform: Pick<Platform, 'address' | 'credentials'>,
  { ledger, prefix = 'bronze', database = 0, mayDouble = false }: Observed = {}
) {
  const { s3, redis } = platform.credentials()
  const address = new URL(redis.url)
  return {
    brokers: platform.address('kafka', 19092),
    topics: { raw: 'events.raw', enriched: 'events.enriched', dlq: 'events.dlq' },
    tables,
    lake: { ...s3, prefix },
    redis: { host: address.hostname, port: Number(address.port), password: redis.password, database },
    mayDouble,
    ledger: ledger ?? null
  }
}

/** Counts by event type of what happens from `from` up to `to` (UTC), and how many of these break their contract. */
export function expected(from: string, to: string): Promise<Expected> {
  return python<Expected>('expected.py', [from, to], null)
}

async function python<T>(script: string, args: readonly string[], input: unknown): Promise<T> {
  const { python: command } = await pythonTools()
  return new Promise((resolve, reject) => {
    const child = spawn(command, [join(import.meta.dirname, 'oracle', script), ...args], {
      stdio: ['pipe', 'pipe', 'pipe']
    })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(Buffer.concat(out).toString('utf8')) as T)
      else reject(new Error(`oracle ${script} ended with ${code}: ${Buffer.concat(err).toString('utf8')}`))
    })
    child.stdin.end(JSON.stringify(input))
  })
}
